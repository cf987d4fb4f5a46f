//! The whole file is compared at the end, and what arrives damaged is not sent for ever.

use std::ops::Range;

use super::{Phase, Question, Step, Upload};
use crate::{Action, Error, Event, Verification};

/// How often in a row the same bytes may arrive damaged: something on the way, or the file, does
/// it every time.
const MOST_DAMAGED: u32 = 3;

/// What arrived damaged last.
#[derive(Debug, Default)]
pub(super) struct Damage {
    start: u64,
    in_a_row: u32,
}

impl Damage {
    /// Takes note of it. True if that was once too often.
    fn count_damage(&mut self, range: &Range<u64>) -> bool {
        let earlier = if self.start == range.start { self.in_a_row } else { 0 };
        *self = Damage { start: range.start, in_a_row: earlier + 1 };
        self.in_a_row >= MOST_DAMAGED
    }
}

impl Upload {
    /// Has the file hashed if it is to be compared.
    pub(super) fn hash(&mut self, steps: &mut Vec<Step>) {
        if self.verify == Some(Verification::File) && self.hashing.md5().is_none() {
            self.act(Action::Digest(0..self.bytes_total), steps);
        }
    }

    /// The fingerprint of the file is told once: a machine that does not run hears it too, and has
    /// nothing to do then.
    pub(super) fn note_hashing(&mut self, event: &Event) {
        if self.is_over() || self.phase.asks(Question::WhichFile) {
            return;
        }
        self.hashing.note(event, self.bytes_total);
        let is_idle = !matches!(self.phase, Phase::Running | Phase::Paused);
        if let Event::Digested(range, md5) = event
            && is_idle
        {
            let _ = self.machine.handle(Event::Digested(range.clone(), md5.clone()));
        }
    }

    /// The server has the file: ends, or waits for the fingerprint to compare.
    pub(super) fn delivered(&mut self, steps: &mut Vec<Step>) {
        if self.verify != Some(Verification::File) {
            return self.end(Phase::Finished, steps);
        }
        match (self.machine.file_digest(), self.hashing.md5()) {
            (None, _) => self.fail(Verification::File.is_missing(), steps),
            (_, None) => self.end(Phase::Comparing, steps),
            (theirs, ours) if theirs == ours => self.end(Phase::Finished, steps),
            _ => {
                self.machine.start_over();
                self.fail(Error::ChecksumMismatch(0..self.bytes_total), steps);
            }
        }
    }

    pub(super) fn compare(&mut self, event: Event, steps: &mut Vec<Step>) {
        match event {
            Event::Digested(..) => self.delivered(steps),
            Event::FileUnreadable(why) => self.fail(Error::FileChanged(why), steps),
            Event::NotDigested(why) => self.fail(self.hashing.failure(&why), steps),
            Event::Failed(error) => self.fail(error, steps),
            _ => {}
        }
    }

    /// True if an error ends the upload although another would be tried again.
    pub(super) fn count_damage(&mut self, error: &Error) -> bool {
        matches!(error, Error::ChecksumMismatch(range) if self.damage.count_damage(range))
    }

    /// What was proven, which is nothing before the end.
    pub(super) fn verified(&self) -> Option<Verification> {
        let is_proven = match self.verify? {
            Verification::File => true,
            Verification::Chunks => self.machine.progress().is_proven,
        };
        self.verify.filter(|_| is_proven && matches!(self.phase, Phase::Finished))
    }
}
