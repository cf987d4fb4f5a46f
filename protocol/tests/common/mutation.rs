//! What becomes of recorded bytes by a few changes.

/// One of these, cut, joined, repeated and altered, mostly between lines and numbers.
pub fn changed(corpus: &[Vec<u8>], dice: &mut fastrand::Rng) -> Vec<u8> {
    let mut data = corpus[dice.usize(..corpus.len())].clone();
    for _ in 0..dice.usize(1..6) {
        let other = &corpus[dice.usize(..corpus.len())];
        change(&mut data, other, dice);
    }
    data
}

fn change(data: &mut Vec<u8>, other: &[u8], dice: &mut fastrand::Rng) {
    let (at, end) = (dice.usize(0..=data.len()), dice.usize(0..=data.len()));
    match dice.u8(0..7) {
        0 => data.truncate(at),
        1 if at < data.len() => data[at] = dice.u8(..),
        2 if at < data.len() => data[at] ^= 1 << dice.u8(0..8),
        3 => drop(data.drain(at.min(end)..at.max(end))),
        4 => data.splice(at..at, lines_of(other, dice)).for_each(drop),
        5 => data.splice(at..at, odd(dice).bytes()).for_each(drop),
        _ => repeat_line(data, dice),
    }
}

fn lines_of(data: &[u8], dice: &mut fastrand::Rng) -> Vec<u8> {
    let lines: Vec<_> = data.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let first = dice.usize(..lines.len());
    lines[first..dice.usize(first..=lines.len())].concat()
}

fn repeat_line(data: &mut Vec<u8>, dice: &mut fastrand::Rng) {
    let lines = lines_of(data, dice);
    data.extend_from_slice(&lines);
    data.truncate(20_000);
}

/// What readers of numbers, names and lists stumble over.
fn odd(dice: &mut fastrand::Rng) -> &'static str {
    let odd = [
        "0",
        "-1",
        "00",
        "1e3",
        "0.5",
        "9007199254740993",
        "18446744073709551615",
        "999999999999999999999",
        "null",
        "true",
        "\"\"",
        "[]",
        "{}",
        "{",
        "\\u0000",
        "ü",
        "\u{202e}",
        "../",
        "\n",
        "=",
        "%00",
        ",",
    ];
    odd[dice.usize(..odd.len())]
}
