//! Four 32-bit words that are worked on at once: a SIMD register where there is one.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) use portable::Four;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use simd128::Four;

use crate::word::Word;

/// Four words, and how they get there.
pub(crate) trait Vector: Word {
    fn new(words: [u32; 4]) -> Self;

    /// Four words as they lie in a message, the lowest byte first.
    fn load(bytes: &[u8; 16]) -> Self;

    fn words(self) -> [u32; 4];

    /// Vector `i` gets word `i` of each.
    fn transpose(vectors: [Self; 4]) -> [Self; 4];
}
