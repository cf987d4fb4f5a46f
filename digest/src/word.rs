//! What MD5 does with its words, one of them or four side by side.

/// 32 bits, or several times 32 bits.
pub(crate) trait Word: Copy {
    /// The same word, as often as there is room for.
    fn splat(word: u32) -> Self;

    /// Wraps around.
    fn add(self, other: Self) -> Self;

    fn and(self, other: Self) -> Self;

    /// `self & !other`
    fn and_not(self, other: Self) -> Self;

    fn xor(self, other: Self) -> Self;

    /// `self | !other`
    fn or_not(self, other: Self) -> Self;

    /// The bits of `ones` where `self` has a one, and those of `zeros` elsewhere.
    fn select(self, ones: Self, zeros: Self) -> Self;

    fn rotate_left(self, bits: u32) -> Self;
}

impl Word for u32 {
    #[inline(always)]
    fn splat(word: u32) -> u32 {
        word
    }

    #[inline(always)]
    fn add(self, other: u32) -> u32 {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn and(self, other: u32) -> u32 {
        self & other
    }

    #[inline(always)]
    fn and_not(self, other: u32) -> u32 {
        self & !other
    }

    #[inline(always)]
    fn xor(self, other: u32) -> u32 {
        self ^ other
    }

    #[inline(always)]
    fn or_not(self, other: u32) -> u32 {
        self | !other
    }

    #[inline(always)]
    fn select(self, ones: u32, zeros: u32) -> u32 {
        zeros ^ (self & (ones ^ zeros))
    }

    #[inline(always)]
    fn rotate_left(self, bits: u32) -> u32 {
        self.rotate_left(bits)
    }
}
