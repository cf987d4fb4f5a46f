//! What belongs to one attempt, and ends with it.

use incoming_protocol::Wake;
use web_sys::{AbortController, AbortSignal};

#[cfg(feature = "_sockets")]
use crate::socket::Socket;
use crate::timer::Wait;

/// What a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A machine is to be woken.
    Wake(Wake),
    /// The connection is looked at, while there is something on its way.
    #[cfg(feature = "_sockets")]
    Look,
}

/// The connection, the requests and the timers of an attempt: all end when it is dropped.
#[derive(Default)]
pub(crate) struct Current {
    #[cfg(feature = "_sockets")]
    pub(crate) socket: Option<Socket>,
    waits: Vec<(Due, Wait)>,
    controller: Option<AbortController>,
}

impl Current {
    /// A wait; an earlier one for the same purpose is forgotten.
    pub(crate) fn wait(&mut self, due: Due, wait: Wait) {
        self.forget(due);
        self.waits.push((due, wait));
    }

    /// Forgets a wait.
    pub(crate) fn forget(&mut self, due: Due) {
        if let Some(index) = self.position(due) {
            self.waits.swap_remove(index);
        }
    }

    /// True if somebody waits for this.
    #[cfg(feature = "_sockets")]
    pub(crate) fn waits_for(&self, due: Due) -> bool {
        self.position(due).is_some()
    }

    fn position(&self, due: Due) -> Option<usize> {
        self.waits.iter().position(|(other, _)| *other == due)
    }

    /// How many bytes were sent and have not left the browser; of requests it says so itself.
    pub(crate) fn waiting(&self) -> u64 {
        #[cfg(feature = "_sockets")]
        return self.socket.as_ref().map_or(0, Socket::waiting);
        #[cfg(not(feature = "_sockets"))]
        0
    }

    /// What tells that the attempt is over. `None` where a browser has no such thing.
    pub(crate) fn signal(&mut self) -> Option<AbortSignal> {
        if self.controller.is_none() {
            self.controller = AbortController::new().ok();
        }
        self.controller.as_ref().map(AbortController::signal)
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        if let Some(controller) = &self.controller {
            controller.abort();
        }
    }
}
