//! A file that comes from its first byte to its last over one connection, or not at all.

use std::time::SystemTime;

use bytes::Bytes;
use sha1::{Digest as _, Sha1};
use uuid::Uuid;

use super::backlog::{FIRST_PAUSE, LONGEST_PAUSE};
use super::live::AtWork;
use super::{Arrival, CreateError, Document, FileInfo, Full, Holder, Uploads};
use crate::fingerprint;
use crate::names::display_name;
use crate::store::{StoreError, Writer};

/// A file on its way. Dropped before [`Whole::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Whole {
    uploads: Uploads,
    document: Document,
    writer: Option<Box<dyn Writer>>,
    position: u64,
    sums: Option<Sums>,
    is_kept: bool,
    _at_work: AtWork,
}

/// The digest that a file must have, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sum {
    /// MD5.
    Md5(String),
    /// SHA-1.
    Sha1(String),
}

/// Why a file did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum WholeError {
    /// There is no room for it now.
    #[error(transparent)]
    Full(#[from] Full),
    /// The file is larger than the settings allow.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The largest size that is taken.
        limit: u64,
    },
    /// The digest is another one.
    #[error("the file has the digest {found} instead of {expected}")]
    OtherSum {
        /// The one that was declared.
        expected: String,
        /// That of the bytes that came.
        found: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CreateError> for WholeError {
    fn from(error: CreateError) -> WholeError {
        match error {
            CreateError::Full(full) => WholeError::Full(full),
            CreateError::Store(error) => WholeError::Store(error),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Sums {
    md5: fingerprint::Sum,
    sha1: Sha1,
}

impl Uploads {
    /// Makes room for a file that comes over one connection; `summed` if its digests may be asked
    /// for.
    ///
    /// # Errors
    /// When there is no room.
    pub async fn receive(
        &self,
        protocol: &str,
        name: &str,
        size: Option<u64>,
        summed: bool,
        holder: Holder,
    ) -> Result<Whole, WholeError> {
        self.inner.fits(size.unwrap_or(0), holder)?;
        let id = Uuid::new_v4();
        let mut document = Document::new(id, self.backend_of_arrivals(), SystemTime::now());
        document.holder = holder;
        document.file = Some(FileInfo { size: size.unwrap_or(0), name: display_name(name) });
        let protocol = protocol.to_owned();
        document.arrival =
            Some(Arrival { protocol, key: None, file: id, chunks: None, owner: None });
        self.inner.create(&document, size.unwrap_or(0)).await?;
        let sums = summed.then(Sums::default);
        let uploads = self.clone();
        let at_work = AtWork::on(&self.inner.live(id));
        let mut whole = Whole {
            uploads,
            document,
            writer: None,
            position: 0,
            sums,
            is_kept: false,
            _at_work: at_work,
        };
        self.inner.store.begin(id).await?;
        whole.writer = Some(self.inner.store.open(id).await?);
        Ok(whole)
    }
}

impl super::Inner {
    fn fits(&self, size: u64, holder: Holder) -> Result<(), WholeError> {
        let limit = self.largest(holder);
        if size > limit { Err(WholeError::TooLarge { limit }) } else { Ok(()) }
    }
}

impl Whole {
    /// By what the file is known where it arrives.
    pub fn id(&self) -> Uuid {
        self.document.id
    }

    /// Stores bytes at the end of the file.
    ///
    /// # Errors
    /// When it gets too large or the store fails.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), WholeError> {
        let end = self.position + bytes.len() as u64;
        self.uploads.inner.fits(end, self.document.holder)?;
        self.uploads.inner.ledger.grow(self.document.id, end)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let writer = self.writer.as_mut().ok_or(StoreError::NotFound(self.document.id))?;
        let stored = writer.write(self.position, bytes.clone());
        let sums = self.sums.take();
        let (stored, sums) = tokio::join!(stored, summed(sums, bytes));
        stored?;
        self.sums = sums?;
        self.position = end;
        Ok(())
    }

    /// Makes the file arrive. Once begun, it comes to its end also if nobody waits for it.
    ///
    /// # Errors
    /// When the digest is another one or the store fails; then nothing is left behind. Only a file
    /// that had its place when the store failed stays there, and its backend is told.
    pub async fn finish(mut self, sum: Option<Sum>) -> Result<(), WholeError> {
        self.check(sum)?;
        let uploads = self.uploads.clone();
        uploads.to_the_end(self.arrive()).await
    }

    async fn arrive(mut self) -> Result<(), WholeError> {
        let file = self.document.file.get_or_insert_default();
        file.size = self.position;
        let file = Some(file.clone());
        let inner = &self.uploads.inner;
        self.document = inner.update(self.id(), |document| document.file = file.clone()).await?;
        self.uploads.arrive(&self.document).await?;
        self.is_kept = true;
        Ok(())
    }

    fn check(&mut self, sum: Option<Sum>) -> Result<(), WholeError> {
        let (Some(sum), Some(sums)) = (sum, self.sums.take()) else { return Ok(()) };
        let (expected, found) = match sum {
            Sum::Md5(expected) => (expected, sums.md5.finish().as_str().to_owned()),
            Sum::Sha1(expected) => (expected, format!("{:x}", sums.sha1.finalize())),
        };
        if expected.eq_ignore_ascii_case(&found) {
            return Ok(());
        }
        Err(WholeError::OtherSum { expected, found })
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // What was given up goes on after the next start.
        if self.is_kept || self.uploads.inner.cut.is_cancelled() {
            return;
        }
        let (uploads, document) = (self.uploads.clone(), self.document.clone());
        self.uploads.inner.spawn(async move { uploads.give_back(&document).await });
    }
}

impl Uploads {
    /// Removes what is left of a file that broke off, as soon as the store lets us; after the next
    /// start that is done, too. A file that already has its place stays, and its backend is told.
    async fn give_back(&self, document: &Document) {
        let (id, mut pause) = (document.id, FIRST_PAUSE);
        while let Err(error) = self.end_whole(document).await {
            if matches!(error, StoreError::NotFound(_)) {
                return;
            }
            tracing::error!(%id, %error, "an upload that broke off could not be ended");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.inner.stop.cancelled() => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Digests take as long as writing does; both go on at once.
async fn summed(sums: Option<Sums>, bytes: Bytes) -> Result<Option<Sums>, StoreError> {
    let Some(mut sums) = sums else { return Ok(None) };
    let summed = tokio::task::spawn_blocking(move || {
        sums.md5.update(&bytes);
        sums.sha1.update(&bytes);
        sums
    });
    Ok(Some(summed.await.map_err(std::io::Error::other)?))
}
