//! The page is loaded again, and finds what the one before has kept.

use incoming_protocol::{Event, Upload};

use super::super::Server;
use super::{Deed, Happening, World};

impl World {
    /// Another server takes the place of the one that was there, and knows nothing.
    pub fn forget(&mut self, server: Box<dyn Server>) {
        self.server = server;
        self.stays_confirmed = false;
    }

    /// A page that is left can keep something at the last moment.
    pub(super) fn reload(&mut self) {
        self.tell_whenever(Event::Hidden);
        self.load_again();
    }

    /// What was on its way to the page is lost; what is on its way to the server may arrive. A
    /// browser that dies does it without a word.
    pub(super) fn load_again(&mut self) {
        if self.upload.is_over() {
            return;
        }
        let kept = self.browser.kept().map_or(0, |kept| kept.bytes_acked);
        self.unsaved_bytes += self.upload.confirmed().0.saturating_sub(kept);
        self.reloads += 1;
        self.hang_up();
        self.happenings.retain(|_, happening| !happening.is_for_the_page());
        self.close_page();
        self.first_connection = self.connections.len();
        self.requesting = None;
        self.seed += 1;
        self.upload = Upload::new(self.protocol, self.job.clone(), self.seed).unwrap();
        self.start();
    }
}

impl Happening {
    fn is_for_the_page(&self) -> bool {
        match self {
            Happening::ToClient(..) | Happening::Client(..) | Happening::Wakes(..) => true,
            Happening::Tick(_) | Happening::RequestLoads(_) => true,
            Happening::Whenever(_) | Happening::Locked(_) => true,
            // Aborted, like all requests at a hang-up.
            Happening::RequestArrives(_) => true,
            Happening::Deed(deed) => matches!(deed, Deed::Hashed),
            Happening::ToServer(..) | Happening::RequestRepeats(_) | Happening::Dies(_) => false,
            Happening::ServerWakes(_) | Happening::ServerLoses(_) | Happening::Leaves => false,
        }
    }
}
