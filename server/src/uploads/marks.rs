//! Which chunks are there.

/// A set of chunks, one bit for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
    count: u64,
}

impl Marks {
    pub(super) fn insert(&mut self, index: u64) {
        let Some((word, bit)) = place(index) else { return };
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.count += u64::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    pub(super) fn contains(&self, index: u64) -> bool {
        let word = place(index).and_then(|(word, bit)| Some(self.words.get(word)? & bit));
        word.is_some_and(|word| word != 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u64> {
        (0..self.words.len() as u64 * 64).filter(|index| self.contains(*index))
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

fn place(index: u64) -> Option<(usize, u64)> {
    Some((usize::try_from(index / 64).ok()?, 1 << (index % 64)))
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn what_was_put_in_is_there_once() {
        let mut marks = Marks::default();
        for index in [0, 63, 64, 1000, 63] {
            marks.insert(index);
        }
        assert_eq!(marks.count(), 4);
        assert_eq!(marks.iter().collect::<Vec<_>>(), [0, 63, 64, 1000]);
        assert!(!marks.contains(u64::MAX));
    }
}
