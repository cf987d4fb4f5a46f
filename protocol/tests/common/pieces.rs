//! What a server has of a file that comes in requests, and what it says about it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use incoming_protocol::Md5;
use incoming_protocol::http::{Request, Response};

use super::{arrived_md5, headers};

/// What a server has, chunk by chunk: which bytes, and whether they arrived damaged.
pub struct Pieces {
    chunks: BTreeMap<u64, (Range<u64>, bool)>,
    total: Option<u64>,
    pub deliveries: u32,
    /// Chunks that it has lost since it said to have them.
    lost: BTreeSet<u64>,
    /// How often a damaged file was given up.
    replaced: u32,
    /// False: a server that has never heard of digests.
    pub verifies: bool,
}

impl Default for Pieces {
    fn default() -> Pieces {
        Pieces {
            chunks: BTreeMap::new(),
            total: None,
            deliveries: 0,
            lost: BTreeSet::new(),
            replaced: 0,
            verifies: true,
        }
    }
}

impl Pieces {
    pub fn has(&self, index: u64) -> bool {
        self.chunks.contains_key(&index)
    }

    /// Forgets some chunks; what is whole is synced. Returns how many bytes.
    pub fn lose_unsynced(&mut self, dice: &mut fastrand::Rng) -> u64 {
        if self.is_whole() {
            return 0;
        }
        let mut lost_bytes = 0;
        self.chunks.retain(|index, (range, _)| {
            let is_kept = dice.bool();
            if !is_kept {
                self.lost.insert(*index);
                lost_bytes += range.end - range.start;
            }
            is_kept
        });
        lost_bytes
    }

    /// True if nothing is missing but what somebody believes to be here.
    pub fn misses_what_is_lost(&self) -> bool {
        let gone = self.lost.iter().filter(|index| !self.has(**index)).count();
        gone > 0 && self.total == Some((self.chunks.len() + gone) as u64)
    }

    pub fn is_whole(&self) -> bool {
        self.total == Some(self.chunks.len() as u64)
    }

    /// Takes a chunk of so many, unless it is not what its digest says.
    pub fn take(
        &mut self,
        request: &Request,
        index: u64,
        total: u64,
        is_damaged: bool,
    ) -> Response {
        let range = request.body.range().unwrap().clone();
        let mut response = Response { status: 200, ..Response::default() };
        if let Some(digest) = headers::digest(request).filter(|_| self.verifies) {
            let arrived = arrived_md5(&range, is_damaged);
            response = headers::arrived(response, &arrived);
            if arrived != digest {
                response.status = 422;
                return response;
            }
        }
        if self.is_whole() && self.is_rejected(request) {
            self.chunks.clear();
            self.deliveries -= 1;
            self.replaced += 1;
        }
        self.total = Some(total);
        if !self.is_whole() {
            self.chunks.insert(index, (range, is_damaged));
            self.deliveries += u32::from(self.is_whole());
        }
        self.say_digest(request, response)
    }

    /// Says the digest of the whole file, if it is there and wanted.
    pub fn say_digest(&self, request: &Request, response: Response) -> Response {
        let is_told = self.verifies && self.is_whole() && headers::wants_file_digest(request);
        if is_told { headers::of_file(response, &self.md5()) } else { response }
    }

    /// The client knows that what is here is damaged.
    fn is_rejected(&self, request: &Request) -> bool {
        self.verifies && headers::damaged_file(request) == Some(self.md5())
    }

    /// No two damaged files are the same.
    fn md5(&self) -> Md5 {
        let md5 = arrived_md5(&(0..self.stored()), self.is_damaged());
        let times = if self.is_damaged() { self.replaced } else { 0 };
        Md5::parse(&md5.as_str().replacen('f', &format!("{:x}", 15 - times % 8), 1)).unwrap()
    }

    pub fn is_damaged(&self) -> bool {
        self.chunks.values().any(|(_, is_damaged)| *is_damaged)
    }

    pub fn stored(&self) -> u64 {
        assert!(self.is_whole());
        self.chunks.values().fold(0, |end, (range, _)| {
            assert_eq!(range.start, end, "no gap");
            range.end
        })
    }
}
