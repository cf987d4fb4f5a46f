//! The same on any machine.

use super::Vector;
use crate::word::Word;

#[derive(Clone, Copy)]
pub(crate) struct Four([u32; 4]);

impl Four {
    fn with(self, other: Self, combine: impl Fn(u32, u32) -> u32) -> Self {
        Four(core::array::from_fn(|i| combine(self.0[i], other.0[i])))
    }
}

impl Vector for Four {
    fn new(words: [u32; 4]) -> Self {
        Four(words)
    }

    fn load(bytes: &[u8; 16]) -> Self {
        let (words, _) = bytes.as_chunks();
        Four(core::array::from_fn(|i| u32::from_le_bytes(words[i])))
    }

    fn words(self) -> [u32; 4] {
        self.0
    }

    fn transpose(vectors: [Self; 4]) -> [Self; 4] {
        core::array::from_fn(|word| Four(vectors.map(|vector| vector.0[word])))
    }
}

impl Word for Four {
    fn splat(word: u32) -> Self {
        Four([word; 4])
    }

    fn add(self, other: Self) -> Self {
        self.with(other, u32::wrapping_add)
    }

    fn and(self, other: Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    fn and_not(self, other: Self) -> Self {
        self.with(other, |a, b| a & !b)
    }

    fn xor(self, other: Self) -> Self {
        self.with(other, |a, b| a ^ b)
    }

    fn or_not(self, other: Self) -> Self {
        self.with(other, |a, b| a | !b)
    }

    fn select(self, ones: Self, zeros: Self) -> Self {
        self.and(ones).add(zeros.and_not(self))
    }

    fn rotate_left(self, bits: u32) -> Self {
        Four(self.0.map(|word| word.rotate_left(bits)))
    }
}
