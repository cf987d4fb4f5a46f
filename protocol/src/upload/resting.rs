//! What whoever carries an upload out has to know of it besides its steps.

use super::{Phase, Removal, Upload};

impl Upload {
    /// True if nothing is under way and nothing comes before the caller wants something: whatever
    /// belongs to the caller may be let go.
    pub fn is_at_rest(&self) -> bool {
        let is_removing = matches!(self.removal, Removal::Asked);
        let is_over = matches!(self.phase, Phase::Ready | Phase::Failed(_)) || self.is_over();
        is_over && !is_removing
    }

    /// True if something went wrong and ended the upload, or what came after its end.
    pub fn has_failed(&self) -> bool {
        self.error().is_some()
    }

    /// True if the caller has paused it.
    pub fn is_paused(&self) -> bool {
        matches!(self.phase, Phase::Paused)
    }

    /// True if something may have to be kept before the page is gone.
    pub fn resumes_in_other_pages(&self) -> bool {
        self.resuming.is_wanted
    }
}
