//! The compression function of MD5 (RFC 1321, 3.4), on one message and on four at once.

use core::array;

use crate::lane::BLOCK;
use crate::lanes::LANES;
use crate::vector::{Four, Vector};
use crate::word::Word;

/// One of the four rounds: which word comes next, and how far to rotate.
struct Round {
    first: usize,
    stride: usize,
    shifts: [u32; 4],
}

/// What is added in each round.
type Sines = [[u32; 16]; 4];

const ROUNDS: [Round; 4] = [
    Round { first: 0, stride: 1, shifts: [7, 12, 17, 22] },
    Round { first: 1, stride: 5, shifts: [5, 9, 14, 20] },
    Round { first: 5, stride: 3, shifts: [4, 11, 16, 23] },
    Round { first: 0, stride: 7, shifts: [6, 10, 15, 21] },
];

static SINES: Sines = [
    [
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
        0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
        0xa679438e, 0x49b40821,
    ],
    [
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681,
        0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
        0x676f02d9, 0x8d2a4c8a,
    ],
    [
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60,
        0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5,
        0x1fa27cf8, 0xc4ac5665,
    ],
    [
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
        0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235,
        0x2ad7d2bb, 0xeb86d391,
    ],
];

/// What is added, behind the back of the compiler: it would add a constant last, where the next step
/// waits for it.
fn sines() -> &'static Sines {
    core::hint::black_box(&SINES)
}

/// Compresses all blocks of one message.
pub(crate) fn compress(state: &mut [u32; 4], blocks: &[[u8; BLOCK]]) {
    let sines = sines();
    for block in blocks {
        let (words, _) = block.as_chunks();
        let words = array::from_fn(|i| u32::from_le_bytes(words[i]));
        *state = compress_block(*state, &words, sines);
    }
}

/// Compresses as many blocks of each message as the shortest of them has.
pub(crate) fn compress_four(states: &mut [[u32; 4]; LANES], blocks: [&[[u8; BLOCK]]; LANES]) {
    let [first, second, third, fourth] = blocks;
    let mut state = Four::transpose((*states).map(Four::new));
    let sines = sines();
    for (((a, b), c), d) in first.iter().zip(second).zip(third).zip(fourth) {
        state = compress_block(state, &words([a, b, c, d]), sines);
    }
    *states = Four::transpose(state).map(Four::words);
}

/// The words of four blocks: vector `i` has word `i` of each.
#[inline(always)]
fn words(blocks: [&[u8; BLOCK]; LANES]) -> [Four; 16] {
    let mut words = [Four::new([0; 4]); 16];
    for (quarter, words) in words.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *words = Four::transpose(blocks.map(|block| {
            let (quarters, _) = block.as_chunks();
            Four::load(&quarters[quarter])
        }));
    }
    words
}

/// Every step waits for the one before, so that what counts is the way from `b` to the next `b`.
#[inline(always)]
fn compress_block<W: Word>(state: [W; 4], words: &[W; 16], sines: &Sines) -> [W; 4] {
    let [first, second, third, fourth] = sines;
    let mixed = ROUNDS[0].run(state, words, first, |sum, x, y, z| sum.add(x.select(y, z)));
    // No bit is in both terms, so that they can be added, and only one has to wait for `x`.
    let mixed =
        ROUNDS[1].run(mixed, words, second, |sum, x, y, z| sum.add(y.and_not(z)).add(x.and(z)));
    let mixed = ROUNDS[2].run(mixed, words, third, |sum, x, y, z| sum.add(x.xor(y.xor(z))));
    let mixed = ROUNDS[3].run(mixed, words, fourth, |sum, x, y, z| sum.add(y.xor(x.or_not(z))));
    array::from_fn(|i| state[i].add(mixed[i]))
}

impl Round {
    /// Not a loop, which the compiler would only unroll after it has put the sums in order.
    #[inline(always)]
    fn run<W: Word>(
        &self,
        state: [W; 4],
        words: &[W; 16],
        sines: &[u32; 16],
        mix: impl Fn(W, W, W, W) -> W,
    ) -> [W; 4] {
        let addend = |i: usize| words[(self.first + self.stride * i) % 16].add(W::splat(sines[i]));
        let state = self.steps(state, addend, 0, &mix);
        let state = self.steps(state, addend, 4, &mix);
        let state = self.steps(state, addend, 8, &mix);
        self.steps(state, addend, 12, &mix)
    }

    #[inline(always)]
    fn steps<W: Word>(
        &self,
        [mut a, mut b, mut c, mut d]: [W; 4],
        addend: impl Fn(usize) -> W,
        i: usize,
        mix: impl Fn(W, W, W, W) -> W,
    ) -> [W; 4] {
        a = mix(a.add(addend(i)), b, c, d).rotate_left(self.shifts[0]).add(b);
        d = mix(d.add(addend(i + 1)), a, b, c).rotate_left(self.shifts[1]).add(a);
        c = mix(c.add(addend(i + 2)), d, a, b).rotate_left(self.shifts[2]).add(d);
        b = mix(b.add(addend(i + 3)), c, d, a).rotate_left(self.shifts[3]).add(c);
        [a, b, c, d]
    }
}
