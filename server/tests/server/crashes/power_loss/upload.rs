//! An upload, and what the store has promised about it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fastrand::Rng;
use incoming_server::store::{Disk, Store as _, StoreError, Writer};
use incoming_server::uploads::{Backend, Document, FileInfo, State};
use uuid::Uuid;

use super::Checked;
use crate::common::driver::Content;

/// How much is written at once, in bytes: no border of a sector.
const PART: u64 = 3001;

#[derive(Debug)]
pub struct Upload {
    document: Document,
    /// What it was to become when the power failed.
    change: Option<Document>,
    life: Span,
    content: Content,
    comes: Comes,
    writer: Option<Box<dyn Writer>>,
    is_sealed: bool,
    /// Where it was taken out to, and whether that was said to be durable.
    taken_out: Option<(PathBuf, bool)>,
}

/// How far a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Unborn,
    Coming,
    There,
    Going,
    Gone,
}

/// How the bytes come.
#[derive(Debug)]
enum Comes {
    /// From the first to the last; so many are there.
    InARow(u64),
    /// In parts; these are there.
    InParts(BTreeSet<u64>),
}

impl Upload {
    pub fn new(rng: &mut Rng) -> Upload {
        let backend = Backend::nobody();
        let mut document = Document::new(Uuid::new_v4(), backend, SystemTime::now());
        let content = Content { seed: rng.u64(..), size: PART * rng.u64(1..9) };
        document.file = Some(FileInfo { size: content.size, name: "a".to_owned() });
        let in_parts = rng.bool();
        let comes = if in_parts { Comes::InParts(BTreeSet::new()) } else { Comes::InARow(0) };
        Upload {
            document,
            change: None,
            life: Span::Unborn,
            content,
            comes,
            writer: None,
            is_sealed: false,
            taken_out: None,
        }
    }

    pub fn is_there(&self) -> bool {
        self.life == Span::There
    }

    pub fn is_over(&self) -> bool {
        matches!(self.life, Span::Unborn | Span::Gone)
    }

    fn id(&self) -> Uuid {
        self.document.id
    }

    fn is_whole(&self) -> bool {
        match &self.comes {
            Comes::InARow(length) => *length == self.content.size,
            Comes::InParts(parts) => parts.len() as u64 * PART == self.content.size,
        }
    }

    /// Does the next of what a server does with it.
    pub async fn go_on(
        &mut self,
        disk: &Disk,
        folder: &Path,
        rng: &mut Rng,
    ) -> Result<(), StoreError> {
        match (self.life, rng.u8(0..100)) {
            (Span::Gone, _) => Ok(()),
            (Span::Unborn, _) => self.create(disk).await,
            (_, 0..3) => self.remove(disk).await,
            (_, 3..8) if self.taken_out.is_none() => self.start_over(disk, rng).await,
            (_, 8..12) => self.change(disk, State::NotTaken).await,
            _ if self.taken_out.is_some() => self.change(disk, State::Finished).await,
            _ if self.is_sealed => self.take_out(disk, folder).await,
            _ if self.is_whole() => self.seal(disk).await,
            _ => self.write(disk, rng).await,
        }
    }

    async fn create(&mut self, disk: &Disk) -> Result<(), StoreError> {
        self.life = Span::Coming;
        disk.create(&self.document).await?;
        self.life = Span::There;
        Ok(())
    }

    async fn remove(&mut self, disk: &Disk) -> Result<(), StoreError> {
        self.life = Span::Going;
        self.writer = None;
        disk.remove(self.id()).await?;
        self.life = Span::Gone;
        Ok(())
    }

    async fn change(&mut self, disk: &Disk, state: State) -> Result<(), StoreError> {
        let (found, version) = disk.load(self.id()).await?.expect("it was created");
        assert_eq!(found, self.document);
        let changed = Document { state, ..found };
        self.change = Some(changed.clone());
        disk.replace(&changed, version).await?;
        (self.document, self.change) = (changed, None);
        Ok(())
    }

    /// Another file begins, in the place of the bytes or over them.
    async fn start_over(&mut self, disk: &Disk, rng: &mut Rng) -> Result<(), StoreError> {
        (self.writer, self.is_sealed) = (None, false);
        match &self.comes {
            Comes::InParts(_) if rng.bool() => disk.unmark(self.id()).await?,
            _ => drop(disk.remove_bytes(self.id()).await?),
        }
        self.content.seed = rng.u64(..);
        match &mut self.comes {
            Comes::InARow(length) => *length = 0,
            Comes::InParts(parts) => parts.clear(),
        }
        Ok(())
    }

    async fn open(&mut self, disk: &Disk) -> Result<&mut Box<dyn Writer>, StoreError> {
        if self.writer.is_none() {
            disk.begin(self.id()).await?;
            self.writer = Some(disk.open(self.id()).await?);
            if let Comes::InARow(length) = &self.comes {
                assert_eq!(disk.settle(self.id()).await?, *length);
            }
        }
        Ok(self.writer.as_mut().expect("it was opened"))
    }

    async fn write(&mut self, disk: &Disk, rng: &mut Rng) -> Result<(), StoreError> {
        let id = self.id();
        let part = match &self.comes {
            Comes::InARow(length) => length / PART,
            Comes::InParts(there) => {
                let missing: Vec<u64> =
                    (0..self.content.size / PART).filter(|part| !there.contains(part)).collect();
                missing[rng.usize(0..missing.len())]
            }
        };
        let offset = match &self.comes {
            Comes::InARow(length) => *length,
            Comes::InParts(_) => part * PART,
        };
        let range = offset..(part + 1) * PART;
        let bytes = self.content.bytes(range.clone());
        self.open(disk).await?.write(offset, bytes).await?;
        match &mut self.comes {
            Comes::InARow(length) => *length = range.end,
            Comes::InParts(there) => {
                // Noted in any case, whether that is said or not.
                there.insert(part);
                disk.mark(id, part).await?;
            }
        }
        Ok(())
    }

    async fn seal(&mut self, disk: &Disk) -> Result<(), StoreError> {
        let size = self.content.size;
        self.open(disk).await?.seal(size).await?;
        self.is_sealed = true;
        self.change(disk, State::HandingOver).await
    }

    async fn take_out(&mut self, disk: &Disk, folder: &Path) -> Result<(), StoreError> {
        let path = PathBuf::from("arrived").join(self.id().to_string());
        self.writer = None;
        self.taken_out = Some((path.clone(), false));
        disk.take_out(self.id(), &folder.join(&path)).await?;
        self.taken_out = Some((path, true));
        Ok(())
    }

    /// Compares what the store has after a failure with what it has promised, and goes on from there.
    pub async fn check(&mut self, disk: &Disk, folder: &Path, checked: &mut Checked) {
        self.writer = None;
        let found = disk.load(self.id()).await.expect("no document is ever torn");
        self.life = match (self.life, &found) {
            (Span::There, None) => panic!("lost: {self:?}"),
            (Span::Gone | Span::Unborn, Some(_)) => panic!("came back: {self:?}"),
            (Span::Coming, None) => Span::Unborn,
            (_, None) => Span::Gone,
            (_, Some(_)) => Span::There,
        };
        let Some((document, _)) = found else { return };
        let is_known = document == self.document || Some(&document) == self.change.as_ref();
        assert!(is_known, "{document:?} of {self:?}");
        (self.document, self.change) = (document, None);
        checked.documents += 1;
        self.check_taken_out(folder, checked);
        if self.taken_out.is_none() {
            self.check_bytes(disk, checked).await;
        }
    }

    fn check_taken_out(&mut self, folder: &Path, checked: &mut Checked) {
        let Some((path, is_durable)) = &self.taken_out else { return };
        let is_there = folder.join(path).exists();
        assert!(is_there || !is_durable, "not where it was taken out to: {self:?}");
        if is_there {
            assert!(self.content.is_in(&folder.join(path)), "damaged: {self:?}");
            checked.whole_files += 1;
        } else {
            self.taken_out = None;
        }
    }

    async fn check_bytes(&mut self, disk: &Disk, checked: &mut Checked) {
        let id = self.id();
        if self.is_sealed && self.document.state != State::Receiving {
            self.expect(disk, 0..self.content.size, checked).await;
            assert_eq!(disk.length(id).await.unwrap(), self.content.size, "{self:?}");
            checked.whole_files += 1;
            return;
        }
        self.is_sealed = false;
        match &self.comes {
            Comes::InARow(length) => {
                let before = *length;
                disk.begin(id).await.unwrap();
                let certain = disk.settle(id).await.unwrap();
                assert!(certain <= before, "{certain} bytes of {self:?}");
                self.expect(disk, 0..certain, checked).await;
                checked.lost_bytes += before - certain;
                self.comes = Comes::InARow(certain);
            }
            Comes::InParts(before) => {
                let there: BTreeSet<u64> = disk.marks(id).await.unwrap().into_iter().collect();
                let lost: BTreeSet<u64> = disk.lost(id).await.unwrap().into_iter().collect();
                assert!(there.is_subset(before), "{there:?} {self:?}");
                assert!(there.is_disjoint(&lost));
                for part in &there {
                    self.expect(disk, part * PART..(part + 1) * PART, checked).await;
                }
                checked.lost_bytes += (before.len() - there.len()) as u64 * PART;
                self.comes = Comes::InParts(there);
            }
        }
    }

    async fn expect(&self, disk: &Disk, range: Range<u64>, checked: &mut Checked) {
        checked.kept_bytes += range.end - range.start;
        if range.is_empty() {
            return;
        }
        let found = disk.read(self.id(), range.clone()).await;
        let found = found.unwrap_or_else(|error| panic!("{range:?} of {self:?}: {error}"));
        assert!(found == self.content.bytes(range.clone()), "{range:?} of {self:?}");
    }
}
