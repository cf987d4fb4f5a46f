//! One chunk on its way to its place.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::held::Held;
use super::{HashedError, HashedPlan, HashedState, Known, Parts};
use crate::uploads::Uploads;
use crate::uploads::live::{AtWork, Gate, Live, Notice};

/// A chunk of at most so many bytes is kept in memory until all of it has come.
const SMALL: u64 = 4 << 20;
/// How long a large chunk waits until the size of a chunk is known, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

/// Takes the bytes of one chunk. Dropped before [`HashedChunk::finish`], the chunk is not there.
#[derive(Debug)]
pub struct HashedChunk {
    uploads: Uploads,
    live: Arc<Live>,
    plan: HashedPlan,
    /// How many bytes came.
    found: u64,
    /// How many the whole file has at least.
    least: u64,
    held: Held,
    /// What is written as it comes.
    stream: Option<Stream>,
    _at_work: AtWork,
}

#[derive(Debug)]
struct Stream {
    /// Nobody else writes the chunk; nobody writes it at all if it is there already.
    claim: Option<Arc<()>>,
    epoch: u64,
    start: u64,
    /// How many bytes the chunk has at most, if that is known.
    most: Option<u64>,
}

impl Uploads {
    /// Takes a chunk of a file that is known by its MD5.
    ///
    /// # Errors
    /// When there can be no such file.
    pub fn take_hashed(&self, plan: HashedPlan) -> Result<HashedChunk, HashedError> {
        self.inner.accepts_hashed(&plan, 0)?;
        let live = self.inner.live(plan.id());
        let uploads = self.clone();
        let (found, least, held) = (0, 0, Held::default());
        let at_work = AtWork::on(&live);
        Ok(HashedChunk { uploads, live, plan, found, least, held, stream: None, _at_work: at_work })
    }
}

impl HashedChunk {
    /// Takes the next bytes of the chunk.
    ///
    /// # Errors
    /// When there are too many of them or the store fails.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), HashedError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let end = self.found + bytes.len() as u64;
        self.least = self.uploads.inner.accepts_hashed(&self.plan, end)?;
        let is_kept = self.stream.is_none()
            && end <= SMALL
            && self.held.keep(&bytes, &self.uploads.inner.room);
        if !is_kept {
            self.write(bytes).await?;
        }
        self.found = end;
        Ok(())
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), HashedError> {
        let (held, at) = match &self.stream {
            None => {
                self.stream = Some(self.begin().await?);
                (std::mem::take(&mut self.held), 0)
            }
            Some(_) => (Held::default(), self.found),
        };
        let Some(stream) = &mut self.stream else { return Err(HashedError::Busy) };
        let all: Vec<_> = held.pieces().into_iter().chain([bytes]).collect();
        let end = at + all.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        let mut gate = self.live.gate.lock().await;
        if stream.claim.is_none() || !gate.is_held_by(stream.epoch) {
            stream.claim = None;
            return Ok(());
        }
        let parts = gate.parts.as_mut().ok_or(HashedError::Busy)?;
        let has_claim = stream.claim.as_ref().is_some_and(|it| parts.go_on(self.plan.index, it));
        if !has_claim || parts.has(self.plan.index) {
            stream.claim = None;
            return Ok(());
        }
        // The size may have become known since the stream began, and other chunks be behind it.
        if stream.most.or(parts.chunk_size()).is_some_and(|most| end > most) {
            return self.uploads.misfits(&self.plan, &mut gate).await;
        }
        self.uploads.grow_hashed(self.least, &mut gate).await?;
        let parts = gate.parts.as_mut().ok_or(HashedError::Busy)?;
        let written = parts.write(&self.uploads.inner.store, stream.start, at, all).await;
        written.inspect_err(|_| gate.pass(Notice::TakenOver)).map_err(HashedError::Store)
    }

    /// Finds the place of a large chunk.
    async fn begin(&self) -> Result<Stream, HashedError> {
        // If all chunks are there, the file is read, which may outlast who sends this one.
        self.uploads.hashed(&self.plan.md5).await?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut gate = self.live.gate.lock().await;
            if let Some(stream) = self.uploads.stream(&self.plan, self.least, &mut gate).await? {
                return Ok(stream);
            }
            drop(gate);
            if Instant::now() > deadline {
                return Err(HashedError::Busy);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Notes that the chunk is there, lets the file arrive with the last one, and says what is there
    /// now. Once begun, it comes to its end also if nobody waits for it.
    ///
    /// # Errors
    /// When the chunk cannot be one of the file, the file is another one, or the store fails.
    pub async fn finish(self) -> Result<HashedState, HashedError> {
        if self.found == 0 && self.plan.count > 1 {
            return Err(HashedError::Empty);
        }
        let uploads = self.uploads.clone();
        uploads.to_the_end(self.note()).await
    }

    async fn note(mut self) -> Result<HashedState, HashedError> {
        let live = Arc::clone(&self.live);
        let mut gate = live.gate.lock().await;
        let uploads = self.uploads.clone();
        match self.stream.take() {
            None => self.note_held(&mut gate).await?,
            Some(stream) => self.note_written(stream, &mut gate).await?,
        }
        match uploads.find(self.plan.id(), &mut gate).await? {
            Known::Whole(document) => Ok(HashedState::complete(&document)),
            Known::Open if gate.parts.as_ref().is_some_and(|parts| parts.has(self.plan.index)) => {
                Ok(HashedState::of(&gate))
            }
            Known::Nothing | Known::Open | Known::Going => Err(HashedError::Busy),
        }
    }

    async fn note_held(&mut self, gate: &mut Gate) -> Result<(), HashedError> {
        let (plan, length) = (&self.plan, self.found);
        match self.uploads.find(plan.id(), gate).await? {
            Known::Whole(_) => return Ok(()),
            Known::Going => return Err(HashedError::Busy),
            Known::Open if gate.parts.as_ref().is_some_and(|parts| parts.fits(plan, length)) => {
                self.uploads.grow_hashed(self.least, gate).await?;
            }
            Known::Nothing | Known::Open => {
                self.uploads.begin_hashed(plan, self.least, gate).await?;
            }
        }
        let parts = gate.parts.as_mut().ok_or(HashedError::Busy)?;
        if !parts.has(plan.index) && !parts.clear_the_way(plan) {
            return Err(HashedError::Busy);
        }
        let put = parts.put(&self.uploads.inner, plan.index, self.held.pieces(), length);
        if let Err(error) = put.await {
            gate.pass(Notice::TakenOver);
            return Err(error.into());
        }
        Ok(())
    }

    async fn note_written(&self, stream: Stream, gate: &mut Gate) -> Result<(), HashedError> {
        let plan = &self.plan;
        if stream.claim.is_none() || !gate.is_held_by(stream.epoch) {
            return Ok(());
        }
        let parts = gate.parts.as_mut().ok_or(HashedError::Busy)?;
        let has_claim = stream.claim.as_ref().is_some_and(|it| parts.go_on(plan.index, it));
        if !has_claim || parts.has(plan.index) {
            return Ok(());
        }
        if !parts.fits(plan, self.found) {
            return self.uploads.misfits(plan, gate).await;
        }
        let inner = &self.uploads.inner;
        let mut noted = parts.settle(inner, plan.index, self.found).await;
        if noted.is_ok() {
            noted = parts.note(&*inner.store, plan.index).await;
        }
        noted.inspect_err(|_| gate.pass(Notice::TakenOver)).map_err(HashedError::Store)
    }
}

impl Uploads {
    /// Where a large chunk goes; `None` as long as nobody knows.
    async fn stream(
        &self,
        plan: &HashedPlan,
        least: u64,
        gate: &mut Gate,
    ) -> Result<Option<Stream>, HashedError> {
        let is_open = match self.find(plan.id(), gate).await? {
            Known::Going => return Err(HashedError::Busy),
            Known::Whole(_) => return Ok(Some(Stream::nowhere())),
            Known::Nothing => false,
            Known::Open => gate.parts.as_ref().is_some_and(|parts| parts.is_cut_as(plan)),
        };
        if !is_open {
            self.begin_hashed(plan, least, gate).await?;
        }
        let epoch = gate.epoch;
        let parts = gate.parts.as_mut().ok_or(HashedError::Busy)?;
        if plan.index == 0 && plan.count > 1 {
            parts.make_room(&self.inner).await?;
        }
        Stream::of(parts, plan, epoch)
    }

    /// A large chunk turns out to be cut in another way, when it is too late to put it elsewhere.
    async fn misfits(&self, plan: &HashedPlan, gate: &mut Gate) -> Result<(), HashedError> {
        self.forget_hashed(plan.id(), gate).await?;
        Err(HashedError::Busy)
    }
}

impl Stream {
    fn nowhere() -> Stream {
        Stream { claim: None, epoch: 0, start: 0, most: None }
    }

    fn of(parts: &mut Parts, plan: &HashedPlan, epoch: u64) -> Result<Option<Stream>, HashedError> {
        if parts.has(plan.index) {
            return Ok(Some(Stream::nowhere()));
        }
        let most = parts.chunk_size();
        if most.is_none() && plan.index > 0 {
            return Ok(None);
        }
        if parts.is_coming(plan.index) {
            return Err(HashedError::Busy);
        }
        let start = most.unwrap_or(0).saturating_mul(plan.index);
        Ok(Some(Stream { claim: Some(parts.claim(plan.index)), epoch, start, most }))
    }
}

#[cfg(test)]
mod tests {
    use incoming_protocol::Md5;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::Config;
    use crate::store::Memory;
    use crate::uploads::hashed::Room;
    use crate::uploads::{HashedState, Holder};

    async fn with_room(folder: &std::path::Path, bytes: usize) -> Uploads {
        let arguments = ["incoming-server", "--storage", folder.to_str().unwrap()];
        let config = Config::from_arguments(arguments).unwrap();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let store = Arc::new(Memory::default());
        let mut uploads = Uploads::new(store, &config, tasks, stop).await.unwrap();
        Arc::get_mut(&mut uploads.inner).unwrap().room = Room::of(bytes);
        uploads
    }

    #[tokio::test]
    async fn chunks_arrive_also_when_memory_has_no_room_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = with_room(folder.path(), 1).await;
        let md5 = Md5::parse("4a7d1ed414474e4033ac29ccb8653d9b").unwrap();
        for (index, piece) in [(0, "000"), (1, "0")] {
            let plan = HashedPlan {
                md5: md5.clone(),
                name: "a".to_owned(),
                index,
                count: 2,
                holder: Holder::nobody(),
            };
            let mut chunk = uploads.take_hashed(plan).unwrap();
            for byte in piece.as_bytes() {
                chunk.append(Bytes::copy_from_slice(&[*byte])).await.unwrap();
            }
            chunk.finish().await.unwrap();
        }
        let state = uploads.hashed(&md5).await.unwrap();
        assert!(matches!(state, HashedState::Complete { .. }), "{state:?}");
    }

    async fn bring(uploads: &Uploads, content: &'static [u8], index: u64) -> HashedChunk {
        let md5 = crate::fingerprint::of_bytes(Bytes::from_static(content)).await.unwrap();
        let plan =
            HashedPlan { md5, name: "a".to_owned(), index, count: 2, holder: Holder::nobody() };
        uploads.take_hashed(plan).unwrap()
    }

    #[tokio::test]
    async fn last_chunks_that_wait_aside_take_no_more_memory_than_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = with_room(folder.path(), 4).await;
        let [one, other] = [b"00000abc", b"11111abc"].map(|content| content.as_slice());
        for content in [one, other] {
            let mut last = bring(&uploads, content, 1).await;
            last.append(Bytes::from_static(&content[5..])).await.unwrap();
            last.finish().await.unwrap();
        }
        let mut first = bring(&uploads, one, 0).await;
        first.append(Bytes::from_static(&one[..5])).await.unwrap();
        let mut waiting = bring(&uploads, other, 0).await;
        let refused = waiting.append(Bytes::from_static(&other[..5])).await.unwrap_err();
        assert!(matches!(refused, HashedError::Busy), "{refused}");
        let state = first.finish().await.unwrap();
        assert!(matches!(state, HashedState::Complete { .. }), "{state:?}");
        let mut second = bring(&uploads, other, 0).await;
        second.append(Bytes::from_static(&other[..5])).await.unwrap();
        let state = second.finish().await.unwrap();
        assert!(matches!(state, HashedState::Complete { .. }), "{state:?}");
    }
}
