//! Uploads in memory: for tests, and as the shortest way to read what a store does.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::{Listed, Result, Store, StoreError, Version, Writer};
use crate::uploads::Document;

/// Keeps uploads in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    entries: Arc<Mutex<HashMap<Uuid, Entry>>>,
}

#[derive(Debug)]
struct MemoryWriter {
    memory: Memory,
    id: Uuid,
}

#[derive(Debug)]
struct Entry {
    document: Option<(Document, u64)>,
    bytes: Option<Vec<u8>>,
    marks: BTreeSet<u64>,
    last_activity: SystemTime,
}

impl Memory {
    fn entries(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_bytes<T>(&self, id: Uuid, change: impl FnOnce(&mut Vec<u8>) -> T) -> Result<T> {
        let mut entries = self.entries();
        let entry = entries.get_mut(&id).ok_or(StoreError::NotFound(id))?;
        entry.last_activity = SystemTime::now();
        entry.bytes.as_mut().map(change).ok_or(StoreError::NotFound(id))
    }
}

#[async_trait]
impl Store for Memory {
    async fn create(&self, document: &Document) -> Result<Version> {
        let mut entries = self.entries();
        if entries.contains_key(&document.id) {
            return Err(StoreError::Exists(document.id));
        }
        let entry = Entry {
            document: Some((document.clone(), 1)),
            bytes: None,
            marks: BTreeSet::new(),
            last_activity: SystemTime::now(),
        };
        entries.insert(document.id, entry);
        Ok(Version(1))
    }

    async fn load(&self, id: Uuid) -> Result<Option<(Document, Version)>> {
        let entries = self.entries();
        let document = entries.get(&id).and_then(|entry| entry.document.clone());
        Ok(document.map(|(document, version)| (document, Version(version))))
    }

    async fn replace(&self, document: &Document, version: Version) -> Result<Version> {
        let id = document.id;
        let mut entries = self.entries();
        let entry = entries.get_mut(&id).ok_or(StoreError::NotFound(id))?;
        let (stored, current) = entry.document.as_mut().ok_or(StoreError::NotFound(id))?;
        if *current != version.0 {
            return Err(StoreError::Conflict(id));
        }
        *stored = document.clone();
        *current += 1;
        entry.last_activity = SystemTime::now();
        Ok(Version(version.0 + 1))
    }

    async fn begin(&self, id: Uuid) -> Result<()> {
        let mut entries = self.entries();
        let entry = entries.get_mut(&id).ok_or(StoreError::NotFound(id))?;
        if entry.bytes.is_none() {
            entry.marks.clear();
        }
        entry.bytes.get_or_insert_default();
        Ok(())
    }

    async fn open(&self, id: Uuid) -> Result<Box<dyn Writer>> {
        self.length(id).await?;
        Ok(Box::new(MemoryWriter { memory: self.clone(), id }))
    }

    async fn mark(&self, id: Uuid, part: u64) -> Result<()> {
        let mut entries = self.entries();
        entries.get_mut(&id).ok_or(StoreError::NotFound(id))?.marks.insert(part);
        Ok(())
    }

    async fn marks(&self, id: Uuid) -> Result<Vec<u64>> {
        let entries = self.entries();
        Ok(entries.get(&id).map(|entry| entry.marks.iter().copied().collect()).unwrap_or_default())
    }

    async fn lost(&self, _: Uuid) -> Result<Vec<u64>> {
        Ok(Vec::new())
    }

    async fn unmark(&self, id: Uuid) -> Result<()> {
        if let Some(entry) = self.entries().get_mut(&id) {
            entry.marks.clear();
        }
        Ok(())
    }

    async fn length(&self, id: Uuid) -> Result<u64> {
        let entries = self.entries();
        let bytes = entries.get(&id).and_then(|entry| entry.bytes.as_ref());
        bytes.map(|bytes| bytes.len() as u64).ok_or(StoreError::NotFound(id))
    }

    async fn settle(&self, id: Uuid) -> Result<u64> {
        self.length(id).await
    }

    async fn read(&self, id: Uuid, range: Range<u64>) -> Result<Bytes> {
        let entries = self.entries();
        let bytes = entries.get(&id).and_then(|entry| entry.bytes.as_ref());
        let bytes = bytes.ok_or(StoreError::NotFound(id))?;
        let place = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let (start, end) = (place(range.start), place(range.end));
        Ok(Bytes::copy_from_slice(bytes.get(start..end).unwrap_or_default()))
    }

    fn location(&self, id: Uuid) -> String {
        format!("memory:{id}")
    }

    async fn take_out(&self, id: Uuid, to: &Path) -> Result<()> {
        let bytes = self.with_bytes(id, |bytes| bytes.clone())?;
        tokio::fs::write(to, bytes).await?;
        self.remove_bytes(id).await.map(drop)
    }

    async fn remove_bytes(&self, id: Uuid) -> Result<bool> {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(&id) else { return Ok(false) };
        entry.marks.clear();
        Ok(entry.bytes.take().is_some())
    }

    async fn forget(&self, id: Uuid) -> Result<()> {
        let mut entries = self.entries();
        if let Some(entry) = entries.get_mut(&id) {
            entry.document = None;
        }
        Ok(())
    }

    async fn remove(&self, id: Uuid) -> Result<()> {
        self.entries().remove(&id);
        Ok(())
    }

    async fn last_activity(&self, id: Uuid) -> Result<Option<SystemTime>> {
        let entries = self.entries();
        let entry = entries.get(&id).filter(|entry| entry.document.is_some());
        Ok(entry.map(|entry| entry.last_activity))
    }

    async fn list(&self) -> Result<Vec<Listed>> {
        let entries = self.entries();
        let kept = entries.iter().filter(|(_, entry)| entry.document.is_some());
        Ok(kept.map(|(id, entry)| Listed { id: *id, last_activity: entry.last_activity }).collect())
    }
}

#[async_trait]
impl Writer for MemoryWriter {
    async fn write(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        let offset = usize::try_from(offset).map_err(std::io::Error::other)?;
        self.memory.with_bytes(self.id, |stored| {
            let end = offset + bytes.len();
            if stored.len() < end {
                stored.resize(end, 0);
            }
            stored[offset..end].copy_from_slice(&bytes);
        })
    }

    async fn has(&mut self, offset: u64, bytes: Bytes) -> Result<bool> {
        let offset = usize::try_from(offset).map_err(std::io::Error::other)?;
        self.memory.with_bytes(self.id, |stored| {
            stored.get(offset..).is_some_and(|stored| stored.starts_with(&bytes))
        })
    }

    async fn seal(&mut self, size: u64) -> Result<()> {
        let (id, found) = (self.id, self.memory.length(self.id).await?);
        if found != size {
            return Err(StoreError::WrongLength { id, expected: size, found });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    super::super::conformance::suite!(Box::<super::Memory>::default);
}
