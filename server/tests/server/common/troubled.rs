//! A store in memory that can be made to fail.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use incoming_server::store::{Listed, Memory, Result, Store, Version, Writer};
use incoming_server::uploads::Document;
use uuid::Uuid;

#[derive(Clone, Debug, Default)]
pub struct Troubled {
    memory: Memory,
    trouble: Arc<Mutex<Option<io::ErrorKind>>>,
}

#[derive(Debug)]
struct TroubledWriter {
    store: Troubled,
    inner: Box<dyn Writer>,
}

impl Troubled {
    pub fn fail(&self, kind: io::ErrorKind) {
        *self.trouble.lock().unwrap() = Some(kind);
    }

    pub fn recover(&self) {
        *self.trouble.lock().unwrap() = None;
    }

    fn check(&self) -> Result<()> {
        match *self.trouble.lock().unwrap() {
            Some(kind) => Err(io::Error::from(kind).into()),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Troubled {
    async fn create(&self, document: &Document) -> Result<Version> {
        self.check()?;
        self.memory.create(document).await
    }

    async fn load(&self, id: Uuid) -> Result<Option<(Document, Version)>> {
        self.check()?;
        self.memory.load(id).await
    }

    async fn replace(&self, document: &Document, version: Version) -> Result<Version> {
        self.check()?;
        self.memory.replace(document, version).await
    }

    async fn begin(&self, id: Uuid) -> Result<()> {
        self.check()?;
        self.memory.begin(id).await
    }

    async fn open(&self, id: Uuid) -> Result<Box<dyn Writer>> {
        self.check()?;
        let inner = self.memory.open(id).await?;
        Ok(Box::new(TroubledWriter { store: self.clone(), inner }))
    }

    async fn length(&self, id: Uuid) -> Result<u64> {
        self.check()?;
        self.memory.length(id).await
    }

    fn location(&self, id: Uuid) -> String {
        self.memory.location(id)
    }

    async fn remove_bytes(&self, id: Uuid) -> Result<bool> {
        self.check()?;
        self.memory.remove_bytes(id).await
    }

    async fn forget(&self, id: Uuid) -> Result<()> {
        self.check()?;
        self.memory.forget(id).await
    }

    async fn remove(&self, id: Uuid) -> Result<()> {
        self.check()?;
        self.memory.remove(id).await
    }

    async fn last_activity(&self, id: Uuid) -> Result<Option<SystemTime>> {
        self.check()?;
        self.memory.last_activity(id).await
    }

    async fn list(&self) -> Result<Vec<Listed>> {
        self.check()?;
        self.memory.list().await
    }
}

#[async_trait]
impl Writer for TroubledWriter {
    async fn write(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        self.store.check()?;
        self.inner.write(offset, bytes).await
    }

    async fn seal(&mut self, size: u64) -> Result<()> {
        self.store.check()?;
        self.inner.seal(size).await
    }
}
