//! A file that has arrived, to compare with what comes under its key.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use incoming_protocol::Md5;

use crate::at::At;
use crate::compare::has_bytes;
use crate::fingerprint;

/// How much is copied at once, in bytes.
const PIECE: u64 = 512 * 1024;

/// A file that has arrived.
#[derive(Clone, Debug)]
pub(super) struct Original(Arc<File>);

impl Original {
    /// `None` if it is not there any more, or cannot be read.
    pub(super) async fn open(path: &Path) -> Option<Original> {
        let file = tokio::fs::File::open(path).await.ok()?;
        Some(Original(Arc::new(file.into_std().await)))
    }

    /// Whether it has these bytes at an offset.
    pub(super) async fn has(&self, offset: u64, bytes: Bytes) -> io::Result<bool> {
        self.run(move |file| has_bytes(file, offset, &bytes)).await
    }

    /// The MD5 of a range of it.
    pub(super) async fn md5(&self, range: Range<u64>) -> io::Result<Md5> {
        fingerprint::of_file(Arc::clone(&self.0), range).await
    }

    /// Its first bytes of a range, at most a piece.
    pub(super) async fn piece(&self, range: Range<u64>) -> io::Result<Bytes> {
        self.run(move |file| {
            let mut piece = Vec::new();
            let most = PIECE.min(range.end - range.start);
            At::new(file, range.start).take(most).read_to_end(&mut piece)?;
            if piece.is_empty() {
                Err(io::ErrorKind::UnexpectedEof.into())
            } else {
                Ok(piece.into())
            }
        })
        .await
    }

    async fn run<T, F>(&self, work: F) -> io::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&File) -> io::Result<T> + Send + 'static,
    {
        let file = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&file)).await.map_err(io::Error::other)?
    }
}
