//! The MD5 of a file that is on its way, worked out behind those who write it.
//!
//! It covers the file from its beginning on. Bytes that are written right behind that are added
//! while they are in memory; all others are read when it is their turn, soon after they were written.
//! Nobody waits for it before the end, when only what is missing is read.
//!
//! Bytes that are written once more take it back to before them, so that it is never that of bytes
//! which are not kept.

use std::sync::Arc;

use bytes::Bytes;
use incoming_protocol::Md5;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::fingerprint::Sum;
use crate::store::{Store, StoreError};

/// How much is read before somebody looks whether there is more, in bytes.
const AT_ONCE: u64 = 64 << 20;

/// The MD5 of the beginning of a file.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// How many bytes it covers, with those that are being added.
    covered: u64,
    work: Work,
    /// Where to go back to: how many bytes, and their sum.
    safe: (u64, Sum),
    /// Up to where all bytes are written.
    reach: u64,
}

#[derive(Debug)]
enum Work {
    Rests(Sum),
    Adds(JoinHandle<Result<Sum, StoreError>>),
}

impl Default for Work {
    fn default() -> Work {
        Work::Rests(Sum::default())
    }
}

/// A follower that has nothing to do for a while.
#[derive(Debug)]
pub(super) struct RestedFollower {
    covered: u64,
    sum: Sum,
    reach: u64,
}

impl RestedFollower {
    pub(super) fn wake(self) -> Follower {
        let RestedFollower { covered, sum, reach } = self;
        Follower { covered, work: Work::Rests(sum.clone()), safe: (covered, sum), reach }
    }
}

/// Where the bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) id: Uuid,
}

impl Follower {
    /// Up to where all bytes are known to be written.
    pub(super) fn reach(&self) -> u64 {
        self.reach
    }

    /// Says that all bytes up to here are written.
    pub(super) fn extend(&mut self, reach: u64) {
        self.reach = self.reach.max(reach);
    }

    /// Says that bytes from here on are not what they were, or soon will not be. What is about to be
    /// written is said before: whoever waits for it may give up, and it is written all the same.
    pub(super) fn forget_from(&mut self, offset: u64) {
        self.reach = self.reach.min(offset);
        if offset < self.covered {
            self.go_back(offset);
        }
    }

    fn go_back(&mut self, offset: u64) {
        if let Work::Adds(work) = &self.work {
            work.abort();
        }
        if offset < self.safe.0 {
            self.safe = Default::default();
        }
        let (covered, sum) = self.safe.clone();
        (self.covered, self.work) = (covered, Work::Rests(sum));
    }

    /// Says that bytes were written, which belong to a chunk that begins at `chunk`.
    pub(super) fn wrote(&mut self, source: Source<'_>, chunk: u64, offset: u64, bytes: Bytes) {
        let end = offset + bytes.len() as u64;
        if offset <= self.reach {
            self.extend(end);
        }
        let Some(sum) = self.at_rest() else { return };
        if self.covered <= chunk {
            self.safe = (self.covered, sum.clone());
        }
        if offset == self.covered {
            self.covered = end;
            self.work = Work::Adds(tokio::spawn(async move { Ok(sum.add(bytes).await?) }));
        } else {
            self.catch_up(source, sum);
        }
    }

    fn catch_up(&mut self, Source { store, id }: Source<'_>, sum: Sum) {
        let range = self.covered..self.reach.min(self.covered + AT_ONCE);
        if range.is_empty() {
            return;
        }
        self.covered = range.end;
        let store = Arc::clone(store);
        let add = async move { sum.add_stored(&*store, id, range).await };
        self.work = Work::Adds(tokio::spawn(add));
    }

    /// The sum of what is covered, unless something is being added to it.
    fn at_rest(&mut self) -> Option<Sum> {
        if let Work::Adds(work) = &mut self.work {
            if !work.is_finished() {
                return None;
            }
            // It is finished, however much else the present task has waited for.
            let added = futures_util::FutureExt::now_or_never(tokio::task::unconstrained(work))?;
            self.note(added.map_err(std::io::Error::other).map_err(StoreError::from).flatten());
        }
        let Work::Rests(sum) = &self.work else { return None };
        Some(sum.clone())
    }

    /// What cannot be read now is read again at the end, and fails there if it has to.
    fn note(&mut self, added: Result<Sum, StoreError>) {
        match added {
            Ok(sum) => self.work = Work::Rests(sum),
            Err(_) => self.go_back(0),
        }
    }

    /// What it has to remember, unless it is at work. Where to go back to is one of it no more: to the
    /// beginning, if it has to.
    pub(super) fn rest(&mut self) -> Option<Box<RestedFollower>> {
        let sum = self.at_rest()?;
        Some(Box::new(RestedFollower { covered: self.covered, sum, reach: self.reach }))
    }

    /// The MD5 of the file, all of whose bytes are written.
    ///
    /// # Errors
    /// When what is missing cannot be read.
    pub(super) async fn finish(
        &mut self,
        Source { store, id }: Source<'_>,
        size: u64,
    ) -> Result<Md5, StoreError> {
        if let Work::Adds(work) = &mut self.work {
            let added = work.await.unwrap_or_else(|error| Err(std::io::Error::other(error).into()));
            self.note(added);
        }
        self.forget_from(size);
        let sum = self.at_rest().unwrap_or_default();
        Ok(sum.add_stored(&**store, id, self.covered..size).await?.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::fingerprint;
    use crate::store::{Memory, Writer};
    use crate::uploads::{Backend, Document};

    /// More than is hashed on the spot.
    const CHUNK: usize = 20_000;

    struct File {
        store: Arc<dyn Store>,
        id: Uuid,
        writer: Box<dyn Writer>,
        follower: Follower,
    }

    impl File {
        async fn new() -> File {
            let store: Arc<dyn Store> = Arc::new(Memory::default());
            let id = Uuid::new_v4();
            let document = Document::new(id, Backend::nobody(), SystemTime::now());
            store.create(&document).await.unwrap();
            store.begin(id).await.unwrap();
            let writer = store.open(id).await.unwrap();
            File { store, id, writer, follower: Follower::default() }
        }

        async fn write(&mut self, chunk: usize, at: usize, bytes: &[u8]) {
            let (start, bytes) = ((chunk * CHUNK) as u64, Bytes::copy_from_slice(bytes));
            let offset = start + at as u64;
            self.follower.forget_from(offset);
            self.writer.write(offset, bytes.clone()).await.unwrap();
            self.follower.wrote(Source { store: &self.store, id: self.id }, start, offset, bytes);
        }

        async fn md5(&mut self, size: usize) -> Md5 {
            let source = Source { store: &self.store, id: self.id };
            self.follower.finish(source, size as u64).await.unwrap()
        }
    }

    async fn expected(content: &[u8]) -> Md5 {
        fingerprint::of_bytes(Bytes::copy_from_slice(content)).await.unwrap()
    }

    fn content(chunks: usize) -> Vec<u8> {
        (0..=250).cycle().take(chunks * CHUNK).collect()
    }

    #[tokio::test]
    async fn bytes_that_come_in_order_are_not_read() {
        let (mut file, content) = (File::new().await, content(3));
        let somewhere_else = Uuid::new_v4();
        for (index, bytes) in content.chunks(CHUNK).enumerate() {
            let (start, bytes) = ((index * CHUNK) as u64, Bytes::copy_from_slice(bytes));
            let source = Source { store: &file.store, id: somewhere_else };
            file.follower.wrote(source, start, start, bytes);
            while file.follower.at_rest().is_none() {
                tokio::task::yield_now().await;
            }
        }
        let source = Source { store: &file.store, id: somewhere_else };
        let md5 = file.follower.finish(source, content.len() as u64).await.unwrap();
        assert_eq!(md5, expected(&content).await);
    }

    #[tokio::test]
    async fn what_comes_out_of_order_is_read_when_its_turn_comes() {
        let (mut file, content) = (File::new().await, content(3));
        for index in [2, 1, 0] {
            file.write(index, 0, &content[index * CHUNK..][..CHUNK]).await;
        }
        file.follower.extend(content.len() as u64);
        file.write(2, CHUNK - 1, &content[content.len() - 1..]).await;
        assert_eq!(file.md5(content.len()).await, expected(&content).await);
    }

    #[tokio::test]
    async fn bytes_that_are_written_again_count_as_they_are_now() {
        let (mut file, mut content) = (File::new().await, content(3));
        for (chunk, at, bit) in [(0, 0, 0), (1, 0, 1), (1, 0, 0), (2, 0, 0), (0, 7, 4), (2, 9, 1)] {
            let start = chunk * CHUNK + at;
            content[start] ^= bit;
            file.write(chunk, at, &content[start..(chunk + 1) * CHUNK]).await;
        }
        assert_eq!(file.md5(content.len()).await, expected(&content).await);
    }

    #[tokio::test]
    async fn a_write_that_was_given_up_does_not_count() {
        let (mut file, mut content) = (File::new().await, content(2));
        for chunk in 0..2 {
            file.write(chunk, 0, &content[chunk * CHUNK..][..CHUNK]).await;
        }
        content[CHUNK] ^= 1;
        file.follower.forget_from(CHUNK as u64);
        let bytes = Bytes::copy_from_slice(&content[CHUNK..]);
        file.writer.write(CHUNK as u64, bytes).await.unwrap();
        assert_eq!(file.md5(content.len()).await, expected(&content).await);
    }

    #[tokio::test]
    async fn whatever_is_written_in_whatever_order_the_end_is_right() {
        for seed in 0..200_u64 {
            let mut dice = seed;
            let mut roll = |sides: usize| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                usize::try_from(dice >> 33).unwrap() % sides
            };
            let (mut file, mut content) = (File::new().await, content(4));
            // Every chunk once at least, and some again with another content.
            let order: Vec<_> =
                (0..4).map(|chunk| 3 - chunk).chain((0..12).map(|_| roll(4))).collect();
            for chunk in order {
                content[chunk * CHUNK + roll(CHUNK)] ^= 1;
                let mut at = 0;
                while at < CHUNK {
                    let length = (1 + roll(CHUNK)).min(CHUNK - at);
                    let bytes = content[chunk * CHUNK + at..][..length].to_vec();
                    file.write(chunk, at, &bytes).await;
                    at += length;
                    if roll(4) == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            }
            assert_eq!(file.md5(content.len()).await, expected(&content).await, "seed {seed}");
        }
    }
}
