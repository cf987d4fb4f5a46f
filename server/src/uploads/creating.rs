//! Beginning uploads, as long as there is room for them.

use std::time::SystemTime;

use uuid::Uuid;

use super::live::{Gate, Notice};
use super::{Backend, CreateError, Document, Inner, Uploads};

impl Uploads {
    /// Issues a ticket.
    ///
    /// # Errors
    /// When there are too many, or it cannot be stored.
    pub async fn create(&self, backend: Backend) -> Result<Uuid, CreateError> {
        let document = Document::new(Uuid::new_v4(), backend, SystemTime::now());
        self.inner.create(&document, 0).await?;
        tracing::info!(id = %document.id, "ticket issued");
        Ok(document.id)
    }
}

impl Inner {
    /// Keeps a new document, if there is room for one more and, if the file is known, for so many
    /// bytes.
    pub(super) async fn create(&self, document: &Document, bytes: u64) -> Result<(), CreateError> {
        match document.file {
            Some(_) => self.ledger.begin(document.id, bytes, document.holder)?,
            None => self.ledger.issue(document.id)?,
        }
        self.create_counted(document).await
    }

    /// Keeps a new document instead of one with the same id, which stays if there is no room. Whoever
    /// calls this holds the gate.
    pub(super) async fn replace(
        &self,
        document: &Document,
        bytes: u64,
        gate: &mut Gate,
    ) -> Result<(), CreateError> {
        self.ledger.begin(document.id, bytes, document.holder)?;
        gate.pass(Notice::TakenOver);
        if let Err(error) = self.store.remove(document.id).await {
            self.recount(document.id).await;
            return Err(error.into());
        }
        self.create_counted(document).await
    }

    async fn create_counted(&self, document: &Document) -> Result<(), CreateError> {
        if let Err(error) = self.store.create(document).await {
            self.recount(document.id).await;
            return Err(error.into());
        }
        Ok(())
    }

    /// Counts an upload after a failure, which its document may have survived. As long as nobody can
    /// tell, it counts.
    pub(super) async fn recount(&self, id: Uuid) {
        match self.load(id).await {
            Ok(Some(document)) => self.ledger.settle(&document),
            Ok(None) => self.ledger.remove(id),
            Err(error) => tracing::warn!(%id, %error, "what may have begun is counted"),
        }
    }
}
