//! The registers of WebAssembly.

use core::arch::wasm32::{
    i32x4_add, i32x4_shl, i32x4_shuffle, u32x4, u32x4_extract_lane, u32x4_shr, u32x4_splat, u64x2,
    v128, v128_and, v128_andnot, v128_bitselect, v128_not, v128_or, v128_xor,
};

use super::Vector;
use crate::word::Word;

#[derive(Clone, Copy)]
pub(crate) struct Four(v128);

impl Vector for Four {
    #[inline(always)]
    fn new([a, b, c, d]: [u32; 4]) -> Self {
        Four(u32x4(a, b, c, d))
    }

    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        let (halves, _) = bytes.as_chunks();
        Four(u64x2(u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])))
    }

    #[inline(always)]
    fn words(self) -> [u32; 4] {
        [
            u32x4_extract_lane::<0>(self.0),
            u32x4_extract_lane::<1>(self.0),
            u32x4_extract_lane::<2>(self.0),
            u32x4_extract_lane::<3>(self.0),
        ]
    }

    #[inline(always)]
    fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        let low = [interleave_low(a.0, b.0), interleave_low(c.0, d.0)];
        let high = [interleave_high(a.0, b.0), interleave_high(c.0, d.0)];
        [
            Four(i32x4_shuffle::<0, 1, 4, 5>(low[0], low[1])),
            Four(i32x4_shuffle::<2, 3, 6, 7>(low[0], low[1])),
            Four(i32x4_shuffle::<0, 1, 4, 5>(high[0], high[1])),
            Four(i32x4_shuffle::<2, 3, 6, 7>(high[0], high[1])),
        ]
    }
}

impl Word for Four {
    #[inline(always)]
    fn splat(word: u32) -> Self {
        Four(u32x4_splat(word))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Four(i32x4_add(self.0, other.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Four(v128_and(self.0, other.0))
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        Four(v128_andnot(self.0, other.0))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Four(v128_xor(self.0, other.0))
    }

    #[inline(always)]
    fn or_not(self, other: Self) -> Self {
        Four(v128_or(self.0, v128_not(other.0)))
    }

    #[inline(always)]
    fn select(self, ones: Self, zeros: Self) -> Self {
        Four(v128_bitselect(ones.0, zeros.0, self.0))
    }

    #[inline(always)]
    fn rotate_left(self, bits: u32) -> Self {
        Four(v128_or(i32x4_shl(self.0, bits), u32x4_shr(self.0, 32 - bits)))
    }
}

#[inline(always)]
fn interleave_low(a: v128, b: v128) -> v128 {
    i32x4_shuffle::<0, 4, 1, 5>(a, b)
}

#[inline(always)]
fn interleave_high(a: v128, b: v128) -> v128 {
    i32x4_shuffle::<2, 6, 3, 7>(a, b)
}
