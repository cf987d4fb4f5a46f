//! What is on the disk when the power has failed.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use fastrand::Rng;

use super::{Change, Names, Node, Power, State, Write, put};

/// A disk writes so many bytes or none of them.
const SECTOR: u64 = 512;

/// How a disk treats what was not synced.
struct Fate<'a> {
    rng: &'a mut Rng,
    /// Whether changes of names happened, by their numbers.
    changes: HashMap<u64, bool>,
}

impl Power {
    /// Leaves in an empty folder what is on the disk now. The power is off.
    pub fn remains(&self, to: &Path, rng: &mut Rng) {
        let mut state = self.state();
        state.until = state.operations.min(state.until);
        let changes = fates(&state, rng);
        Fate { rng, changes }.leave(&state, 0, to);
    }
}

/// File systems with a journal keep the order of changes; others need not.
fn fates(state: &State, rng: &mut Rng) -> HashMap<u64, bool> {
    let folders = state.nodes.iter().filter_map(|node| match node {
        Node::Folder { changes, .. } => Some(changes),
        Node::File { .. } => None,
    });
    let numbers: BTreeSet<u64> = folders.flatten().map(|change| change.number).collect();
    if rng.bool() {
        let kept = rng.usize(0..=numbers.len());
        return numbers.into_iter().enumerate().map(|(at, number)| (number, at < kept)).collect();
    }
    numbers.into_iter().map(|number| (number, rng.bool())).collect()
}

impl Fate<'_> {
    fn leave(&mut self, state: &State, node: usize, path: &Path) {
        match &state.nodes[node] {
            Node::File { synced, writes } => {
                fs::write(path, self.bytes(synced.clone(), writes)).unwrap();
            }
            Node::Folder { synced, changes, .. } => {
                let _ = fs::create_dir(path);
                for (name, node) in self.names(synced.clone(), changes) {
                    self.leave(state, node, &path.join(name));
                }
            }
        }
    }

    fn names(&self, mut names: Names, changes: &[Change]) -> Names {
        for change in changes.iter().filter(|change| self.changes[&change.number]) {
            change.happen(&mut names);
        }
        names
    }

    fn bytes(&mut self, mut bytes: Vec<u8>, writes: &[Write]) -> Vec<u8> {
        let mut longest = bytes.len() as u64;
        for write in writes {
            match write {
                Write::Bytes(offset, written) => {
                    longest = longest.max(offset + written.len() as u64);
                    self.write(&mut bytes, *offset, written);
                }
                Write::Length(length) if self.rng.bool() => {
                    bytes.resize(usize::try_from(*length).unwrap(), 0);
                }
                Write::Length(_) => {}
            }
        }
        if self.rng.bool() {
            self.lengthen(&mut bytes, longest);
        }
        bytes
    }

    fn write(&mut self, bytes: &mut Vec<u8>, offset: u64, written: &[u8]) {
        match self.rng.u8(0..3) {
            0 => {}
            1 => put(bytes, offset, written),
            _ => self.tear(bytes, offset, written),
        }
    }

    /// Some sectors are written.
    fn tear(&mut self, bytes: &mut Vec<u8>, offset: u64, written: &[u8]) {
        let mut at = 0;
        while at < written.len() {
            let left = SECTOR - (offset + at as u64) % SECTOR;
            let end = written.len().min(at + usize::try_from(left).unwrap());
            if self.rng.bool() {
                put(bytes, offset + at as u64, &written[at..end]);
            }
            at = end;
        }
    }

    /// The length is there without the bytes.
    fn lengthen(&mut self, bytes: &mut Vec<u8>, length: u64) {
        let is_rubbish = self.rng.bool();
        while (bytes.len() as u64) < length {
            bytes.push(if is_rubbish { self.rng.u8(..) } else { 0 });
        }
    }
}
