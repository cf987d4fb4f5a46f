//! How the link is doing, as the browser's driver looks at it.

use incoming_protocol::{Attempt, Event, Link};

use super::{Happening, World};

impl World {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a test")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
    pub(super) fn link(&mut self) -> Link {
        let (acknowledged, in_this_connection) = self.upload.confirmed();
        if in_this_connection {
            self.speed.record(self.now_ms as f64, acknowledged);
        } else {
            self.speed.restart(self.now_ms as f64, acknowledged);
        }
        let current = self.current.map(|current| &self.connections[current]);
        Link {
            waiting: current.map_or(0, |link| link.waiting(self.now_ms, &self.weather)),
            bytes_per_second: self.speed.bytes_per_second().map(|rate| rate as u64),
            is_offline: self.is_said_to_be_offline(),
        }
    }

    pub(super) fn tick(&mut self, attempt: Attempt) {
        self.is_ticking = false;
        let link = self.link();
        let steps = self.upload.handle(attempt, Event::Measured(link));
        self.perform(steps);
        if link.waiting > 0 && attempt == self.upload.attempt() {
            self.keep_ticking(attempt);
        }
    }

    pub(super) fn keep_ticking(&mut self, attempt: Attempt) {
        if !std::mem::replace(&mut self.is_ticking, true) {
            self.plan(self.now_ms + 100, Happening::Tick(attempt));
        }
    }
}
