//! The page is loaded again, and finds what the one before has kept.

use incoming_protocol::pieces::Layout;
use incoming_protocol::{Attempt, Checkpoint, Event, Upload};

use super::super::Server;
use super::{Deed, Happening, World};

impl World {
    /// Another server takes the place of the one that was there, and knows nothing.
    pub fn forget(&mut self, server: Box<dyn Server>) {
        self.server = server;
        self.stays_confirmed = false;
    }

    /// What was on its way to the page is lost; what is on its way to the server may arrive.
    pub(super) fn reload(&mut self) {
        if self.upload.is_over() {
            return;
        }
        if let Some(kept) = self.upload.checkpoint() {
            self.kept = Some(serde_json::to_string(&kept).unwrap());
        }
        self.reloads += 1;
        self.has_recalled = false;
        self.hang_up();
        self.happenings.retain(|_, happening| !happening.is_for_the_page());
        self.first_connection = self.connections.len();
        self.requesting = None;
        self.seed += 1;
        self.upload = Upload::new(self.protocol, self.job.clone(), self.seed).unwrap();
        self.start();
    }

    pub(super) fn recall(&mut self, attempt: Attempt) {
        let kept = self.kept.as_ref().filter(|_| !self.has_recalled);
        let found = kept.map(|kept| serde_json::from_str(kept).unwrap());
        let event = match (found, &self.job.ticket) {
            (None, Some(ticket)) if self.job.options.asks_id => {
                let layout = Layout { size: self.size, chunk_size: 0, large_last: false };
                Event::Recalled(Some(Checkpoint::new(ticket, layout, &[]).to_json()))
            }
            (found, _) => Event::Recalled(found),
        };
        self.plan(self.now_ms + 3, Happening::Client(attempt, event));
    }
}

impl Happening {
    fn is_for_the_page(&self) -> bool {
        match self {
            Happening::ToClient(..) | Happening::Client(..) | Happening::Wakes(..) => true,
            Happening::Tick(_) | Happening::RequestLoads(_) => true,
            // Aborted, like all requests at a hang-up.
            Happening::RequestArrives(_) => true,
            Happening::Deed(deed) => matches!(deed, Deed::Hashed),
            Happening::ToServer(..) | Happening::RequestRepeats(_) | Happening::Dies(_) => false,
            Happening::ServerWakes(_) | Happening::ServerLoses(_) => false,
        }
    }
}
