//! What protocols have in common in which every chunk is a request of its own.

mod trust;

pub use trust::Trust;

use crate::digests::Digests;
use crate::http::{
    ARRIVED_DIGEST, CONTENT_DIGEST, CONTINUES, DAMAGED_DIGEST, FILE_DIGEST, HAS_ALL_CHUNKS,
    Request, RequestId, Response, SECRET, WANT_FILE_DIGEST,
};
use crate::pieces::{Layout, Pieces};
use crate::{
    Action, Checkpoint, Error, Event, Json, Md5, Progress, RawOptions, Stage, Verification,
    decimal, joined,
};

/// For no more chunks at a time digests are asked ahead.
const MOST_AHEAD: u64 = 64;

/// How often a server may not have what it has got, without ever getting further.
const MOST_DOUBTS: u32 = 5;

/// A file has no more chunks than this: each takes a byte of memory, and a look at every checkpoint.
const MOST_CHUNKS: u64 = 10_000_000;

/// No more requests travel at a time.
const MOST_SIMULTANEOUS: u64 = 1000;

/// Chunks that travel in requests, so many at a time.
#[derive(Debug)]
pub struct Transfer {
    /// Which chunks are where.
    pub pieces: Pieces,
    /// What is going on.
    pub stage: Stage,
    /// Whose answers count.
    pub trust: Trust,
    simultaneous: u64,
    last_id: u32,
    /// What went wrong with a request; the others may still arrive.
    failure: Option<Error>,
    verify: Option<Verification>,
    digests: Digests,
    /// The MD5 of the file, as the server says.
    file_digest: Option<Md5>,
    /// Whether the server has said that it has every chunk; `None` if it does not speak of it.
    is_whole: Option<bool>,
    /// What it said when that was wrong.
    damaged_file: Option<Md5>,
    damaged_count: u64,
    /// How often the server did not have what it had got, since it was this far.
    doubts: u32,
    doubted_at: u64,
    /// A chunk was on the server before it was sent: nobody has compared it.
    has_unproven: bool,
}

impl Transfer {
    /// A file that has not begun to travel.
    pub fn new(
        layout: Layout,
        simultaneous: u64,
        verify: Option<Verification>,
        trust: Trust,
    ) -> Transfer {
        Transfer {
            pieces: Pieces::new(layout),
            stage: Stage::Idle,
            trust,
            simultaneous,
            last_id: 0,
            failure: None,
            verify,
            digests: Digests::default(),
            file_digest: None,
            is_whole: None,
            damaged_file: None,
            damaged_count: 0,
            doubts: 0,
            doubted_at: 0,
            has_unproven: false,
        }
    }

    /// Reads how many requests travel at a time.
    pub fn simultaneous(own: &mut RawOptions, otherwise: u64) -> u64 {
        let simultaneous = own.whole("simultaneous", 1).unwrap_or(otherwise);
        if simultaneous > MOST_SIMULTANEOUS {
            own.reject("simultaneous", "a whole number of at most 1000");
        }
        simultaneous
    }

    /// Makes sure that a file is not cut into more chunks than anybody can keep.
    ///
    /// # Errors
    /// A misuse.
    pub fn check_layout(layout: &Layout) -> Result<(), Error> {
        if layout.count() <= MOST_CHUNKS {
            return Ok(());
        }
        let words =
            "expected a chunk_size that makes at most 10000000 chunks, found one that makes ";
        Err(Error::Misuse(joined(&[words, &decimal(layout.count())])))
    }

    /// The next chunk, if there may be one more request.
    pub fn next_to_begin(&mut self) -> Option<u64> {
        let may_begin =
            self.failure.is_none() && (self.pieces.on_their_way() as u64) < self.simultaneous;
        if may_begin { self.pieces.next_missing() } else { None }
    }

    /// True if all is known that has to be said with a chunk.
    pub fn can_send(&self, index: u64) -> bool {
        self.verify != Some(Verification::Chunks) || self.digest_of(index).is_some()
    }

    /// Asks for the digests of the chunks that come next, those below this one: of as many as may
    /// be on their way and that many again, so that they are worked out while others travel.
    pub fn ask_ahead(&mut self, below: u64) -> Vec<Action> {
        if self.verify != Some(Verification::Chunks) || self.failure.is_some() {
            return Vec::new();
        }
        let layout = self.pieces.layout();
        let mut actions = Vec::new();
        let mut next = self.pieces.missing_from(0);
        for _ in 0..2 * self.simultaneous.min(MOST_AHEAD) {
            let Some(index) = next.filter(|index| *index < below) else { break };
            let range = layout.range(index);
            if self.digests.ask(&range) {
                actions.push(Action::Digest(range));
            }
            next = self.pieces.missing_from(index + 1);
        }
        actions
    }

    /// Takes note of what is known of requests on their way and of the file. True if there may be
    /// more to send now.
    pub fn note(&mut self, event: Event) -> bool {
        match event {
            Event::Loaded(id, bytes) => self.pieces.loaded(id, bytes),
            Event::Digested(range, md5) => {
                self.digests.tell(&range, md5);
                return self.stage == Stage::Transferring;
            }
            _ => {}
        }
        false
    }

    /// Names the next request.
    pub fn new_id(&mut self) -> RequestId {
        self.last_id += 1;
        RequestId(self.last_id)
    }

    /// Names the next request, which is about this chunk.
    pub fn begin(&mut self, index: u64) -> RequestId {
        let id = self.new_id();
        self.pieces.send(id, index);
        id
    }

    /// Sends a request about a chunk, or about the whole file, with what verifies it.
    pub fn request(&self, mut request: Request, index: Option<u64>) -> Action {
        if !self.trust.secret().is_empty() {
            request.say(SECRET, self.trust.secret());
        }
        if let Some(md5) = index.and_then(|index| self.digest_of(index)) {
            request.say(CONTENT_DIGEST, &md5.to_field());
            request.wants.push(ARRIVED_DIGEST);
        }
        if self.verify == Some(Verification::File) {
            request.say(WANT_FILE_DIGEST, "md5=10");
            request.wants.push(FILE_DIGEST);
        }
        if let Some(md5) = &self.damaged_file {
            request.say(DAMAGED_DIGEST, &md5.to_field());
        }
        if self.is_missed() {
            request.say(CONTINUES, "?1");
        }
        Action::Request(request)
    }

    /// Compares what the server says to have received. True if the chunk is to be sent again,
    /// when the others are through.
    pub fn note_damage(&mut self, index: u64, response: &Response) -> bool {
        let ours = self.digest_of(index);
        let theirs = response.digest();
        let is_damaged = ours.is_some() && theirs.is_some() && ours != theirs.as_ref();
        if is_damaged {
            let range = self.pieces.layout().range(index);
            self.digests.forget(range.start);
            self.damaged_count += 1;
            self.fail(Error::ChecksumMismatch(range));
        }
        is_damaged
    }

    fn digest_of(&self, index: u64) -> Option<&Md5> {
        self.digests.of(index * self.pieces.layout().chunk_size)
    }

    /// A request is over and was answered: which chunk it was about.
    pub fn take(&mut self, id: RequestId, response: &Response) -> Option<u64> {
        let index = self.pieces.take(id)?;
        self.trust.heard(response);
        Some(index)
    }

    /// An answer says that the server has a chunk: one that was sent, or one that it had already.
    ///
    /// # Errors
    /// If the answer does not prove it, or the server should have said what it received.
    pub fn confirm(&mut self, index: u64, sent: bool, response: &Response) -> Result<(), Error> {
        self.trust.check(response)?;
        self.heard_of_file(response);
        self.heard_if_whole(response);
        if self.verify == Some(Verification::Chunks) && sent && response.digest().is_none() {
            return Err(Verification::Chunks.is_missing());
        }
        self.has_unproven |= !sent;
        self.digests.forget(index * self.pieces.layout().chunk_size);
        self.pieces.confirm(index);
        Ok(())
    }

    /// Takes note of what the server says about the whole file, if it does.
    pub fn heard_of_file(&mut self, response: &Response) {
        if let Some(md5) = response.file_digest() {
            self.file_digest = Some(md5);
        }
    }

    /// Of answers that overtake each other, the one to the last chunk that arrived counts.
    fn heard_if_whole(&mut self, response: &Response) {
        let said = response.json.as_ref().and_then(|json| json.member(HAS_ALL_CHUNKS));
        if let Some(Json::Bool(has_all)) = said {
            self.is_whole = Some(*has_all || self.is_whole == Some(true));
        }
    }

    /// The server would have said that it has every chunk, and has not.
    fn is_missed(&self) -> bool {
        self.is_whole == Some(false)
    }

    /// Begins nothing more, because a request failed.
    pub fn fail(&mut self, error: Error) {
        self.failure = Some(error);
    }

    /// A request got no answer.
    pub fn lost(&mut self, id: RequestId, error: Error) {
        if self.pieces.take(id).is_some() {
            self.fail(error);
        }
    }

    /// True when the server has everything. After a failure the requests that are on their way
    /// may still arrive: what they carry need not be sent again.
    ///
    /// # Errors
    /// What failed, once nothing is on its way; or that the server has lost chunks that it had
    /// confirmed, all of which are to be sent again.
    pub fn conclude(&mut self) -> Result<bool, Error> {
        match &self.failure {
            Some(failure) if self.pieces.on_their_way() == 0 => return Err(failure.clone()),
            _ if !self.pieces.is_complete() => return Ok(false),
            _ => {}
        }
        if !self.is_missed() {
            return Ok(true);
        }
        self.forget();
        let words = "the server has lost chunks that it had".to_owned();
        Err(if self.doubt() { Error::Rejected(words) } else { Error::Unavailable(words) })
    }

    /// The server does not have, or not like, what it has got. True if that was once too often: more
    /// bytes confirmed than ever before earn the patience back.
    pub fn doubt(&mut self) -> bool {
        let furthest = self.pieces.furthest();
        if furthest > self.doubted_at {
            (self.doubted_at, self.doubts) = (furthest, 0);
        }
        self.doubts += 1;
        self.doubts > MOST_DOUBTS
    }

    /// Nothing on the wire says that an upload is given up.
    pub fn cancel(&mut self) -> Vec<Action> {
        self.stage = Stage::Cancelled;
        vec![Action::HangUp]
    }

    /// Every request is aborted.
    pub fn hung_up(&mut self) {
        if !matches!(self.stage, Stage::Done | Stage::Removed | Stage::Cancelled) {
            self.stage = Stage::Idle;
        }
        self.pieces.hung_up();
        self.digests.hung_up();
        self.failure = None;
    }

    /// The server has lost everything.
    pub fn forget(&mut self) {
        self.pieces.forget();
        self.is_whole = None;
    }

    /// Everything has to be sent again.
    pub fn start_over(&mut self) {
        self.stage = Stage::Idle;
        self.forget();
        self.damaged_file = self.file_digest.take();
        self.has_unproven = false;
    }

    /// What has to be kept so that another page can go on under this id.
    pub fn checkpoint(&self, id: &str) -> Checkpoint {
        let checkpoint = Checkpoint::new(id, self.pieces.layout(), &self.pieces.borders());
        checkpoint.marked(self.trust.is_marked()).with_secret(self.trust.secret())
    }

    /// Everything is as an earlier page has left it, and what it was told to be on the server is
    /// believed as far as below this chunk.
    pub fn recall(&mut self, checkpoint: &Checkpoint, below: u64) {
        self.start_over();
        self.damaged_file = None;
        self.trust.recall(checkpoint);
        let (layout, borders) = (checkpoint.layout(self.pieces.layout()), checkpoint.borders());
        if layout.count() <= MOST_CHUNKS {
            self.pieces = Pieces::new(layout);
            self.pieces.recall(borders, below);
        }
        self.has_unproven = self.pieces.acknowledged() > 0;
    }

    /// True if what the server has under this name is to be replaced.
    pub fn replaces(&self) -> bool {
        self.damaged_file.is_some()
    }

    /// The MD5 of the whole file as the server has it, if it says so.
    pub fn file_digest(&self) -> Option<&Md5> {
        self.file_digest.as_ref()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let (chunks_sent, chunks_acknowledged) = self.pieces.counts();
        Progress {
            stage: self.stage,
            acknowledged: self.pieces.acknowledged(),
            sent: self.pieces.sent(),
            chunks_sent,
            chunks_acknowledged,
            chunks_damaged: self.damaged_count,
            is_proven: !self.has_unproven,
        }
    }
}
