//! The MD5 of a file whose chunks come one after the other.

use bytes::Bytes;
use md5::{Digest as _, Md5};

use crate::store::StoreError;

/// So few bytes are not worth another thread.
const FEW: usize = 16 * 1024;

/// The MD5 of the first chunks.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    md5: Md5,
    /// How many chunks it covers.
    pub(super) chunks: u64,
}

impl Sum {
    /// Adds bytes, beside the async threads.
    pub(super) async fn add(mut self, bytes: Vec<Bytes>) -> Result<Sum, StoreError> {
        if bytes.iter().map(Bytes::len).sum::<usize>() <= FEW {
            self.update(&bytes);
            return Ok(self);
        }
        let added = tokio::task::spawn_blocking(move || {
            self.update(&bytes);
            self
        });
        Ok(added.await.map_err(std::io::Error::other)?)
    }

    fn update(&mut self, bytes: &[Bytes]) {
        bytes.iter().for_each(|bytes| self.md5.update(bytes));
    }

    pub(super) fn digest(&self) -> String {
        format!("{:x}", self.md5.clone().finalize())
    }
}
