//! The MD5 of bytes as they come, and of files.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use incoming_digest::Lane;
use incoming_protocol::Md5;
use uuid::Uuid;

use crate::at::At;
use crate::store::{Store, StoreError};

const BUFFER: usize = 256 * 1024;
/// How much is asked of a store at once, in bytes.
const PIECE: u64 = 1 << 20;
/// How much of a file is summed up before somebody looks whether it is still wanted, in bytes.
const AT_ONCE: u64 = 64 << 20;
/// So few bytes are not worth another thread.
const FEW: usize = 16 * 1024;

/// The MD5 of what has come so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum(Lane);

impl Sum {
    /// Adds bytes. Blocking, unless they are few.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds bytes, beside the async threads: they take longer than anything else does.
    pub(crate) async fn add(mut self, bytes: Bytes) -> io::Result<Sum> {
        if bytes.len() <= FEW {
            self.update(&bytes);
            return Ok(self);
        }
        let added = tokio::task::spawn_blocking(move || {
            self.update(&bytes);
            self
        });
        added.await.map_err(io::Error::other)
    }

    /// Adds a range of the bytes of an upload.
    pub(crate) async fn add_stored(
        mut self,
        store: &dyn Store,
        id: Uuid,
        range: Range<u64>,
    ) -> Result<Sum, StoreError> {
        let mut start = range.start;
        while start < range.end {
            let bytes = store.read(id, start..range.end.min(start + PIECE)).await?;
            if bytes.is_empty() {
                return Err(StoreError::WrongLength { id, expected: range.end, found: start });
            }
            start += bytes.len() as u64;
            self = self.add(bytes).await?;
        }
        Ok(self)
    }

    /// Adds a range of a file. Blocking.
    fn add_range(mut self, file: &File, range: Range<u64>) -> io::Result<Sum> {
        let mut left = range.end - range.start;
        let mut buffer = vec![0; BUFFER];
        let mut file = At::new(file, range.start);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
            let length = file.read(&mut buffer[..most])?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.update(&buffer[..length]);
            left -= length as u64;
        }
        Ok(self)
    }

    /// The MD5 of all that was added.
    pub(crate) fn finish(mut self) -> Md5 {
        self.0.finish().into()
    }
}

/// The MD5 of some bytes.
pub(crate) async fn of_bytes(bytes: Bytes) -> io::Result<Md5> {
    Ok(Sum::default().add(bytes).await?.finish())
}

/// The MD5 of a range of the bytes of an upload.
pub(crate) async fn of_stored(
    store: &dyn Store,
    id: Uuid,
    range: Range<u64>,
) -> Result<Md5, StoreError> {
    Ok(Sum::default().add_stored(store, id, range).await?.finish())
}

/// The MD5 of a range of a file, so much at a time that nobody who gives it up waits for long.
pub(crate) async fn of_file(file: Arc<File>, range: Range<u64>) -> io::Result<Md5> {
    let (mut sum, mut start) = (Sum::default(), range.start);
    while start < range.end {
        let piece = start..range.end.min(start + AT_ONCE);
        start = piece.end;
        let file = Arc::clone(&file);
        let summed = tokio::task::spawn_blocking(move || sum.add_range(&file, piece));
        sum = summed.await.map_err(io::Error::other)??;
    }
    Ok(sum.finish())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn a_range_of_a_file_and_the_same_bytes_in_pieces_have_the_same_md5() {
        let content: Vec<u8> = (0..=255).cycle().take(BUFFER + 77).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        let (first, second) = content[3..].split_at(BUFFER);
        let sum = Sum::default().add(Bytes::copy_from_slice(first)).await.unwrap();
        let sum = sum.add(Bytes::copy_from_slice(second)).await.unwrap();
        let (file, range) = (Arc::new(file), 3..content.len() as u64);
        assert_eq!(of_file(Arc::clone(&file), range).await.unwrap(), sum.finish());
        assert!(of_file(file, 0..1 << 30).await.is_err(), "it is not that long");
    }

    #[tokio::test]
    async fn nothing_has_an_md5_too() {
        let md5 = of_bytes(Bytes::new()).await.unwrap();
        assert_eq!(md5.as_str(), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
