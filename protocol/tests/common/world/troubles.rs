//! Networks that are away, machines that sleep, servers that are busy or lose what they had.

use incoming_protocol::http::Response;
use incoming_protocol::{Attempt, Event};

use super::super::link::Believed;
use super::{Deed, Happening, World};

/// What is later than this was asleep, as far as the browser's side can see.
const SLEPT_MS: u64 = 90_000;
/// How often a network that is said to be away is tried anyway.
const TRIED_ANYWAY_MS: u64 = 30_000;

impl World {
    pub(super) fn is_offline(&self) -> bool {
        self.now_ms < self.offline_until_ms
    }

    pub(super) fn is_said_to_be_offline(&self) -> bool {
        match self.weather.believed {
            Believed::Truth => self.is_offline(),
            Believed::AlwaysOffline => true,
            Believed::NeverOffline => false,
        }
    }

    pub(super) fn go_offline(&mut self, for_ms: u64) {
        self.offline_until_ms = self.offline_until_ms.max(self.now_ms + for_ms);
        self.offline_tries_allowed += 1 + for_ms / TRIED_ANYWAY_MS;
        self.at(self.offline_until_ms, Deed::Online);
        self.break_everything();
    }

    /// Without a network only what is allowed may be tried.
    pub(super) fn note_try(&mut self) {
        let is_known = matches!(self.weather.believed, Believed::Truth);
        self.offline_tries += u64::from(self.is_offline() && is_known);
    }

    /// A person may begin at any moment, also without a network.
    pub(super) fn note_person(&mut self, deed: &Deed) {
        if matches!(deed, Deed::Unpause | Deed::Cancel | Deed::Restart | Deed::Reload | Deed::Kill)
        {
            self.asked_until_ms = 0;
            self.offline_tries_allowed += 2;
        }
    }

    /// A server wants to be left alone, from the moment in which the client knows it.
    pub(super) fn note_asked(&mut self, attempt: Attempt, response: &Response) {
        let asked_ms = u64::try_from(response.retry_after().as_millis()).unwrap();
        if attempt == self.upload.attempt() && asked_ms > 0 {
            self.asked_until_ms = self.asked_until_ms.max(self.now_ms + asked_ms);
        }
    }

    /// The server keeps awake and drops who is silent; the machine hears of it afterwards.
    pub(super) fn sleep(&mut self, for_ms: u64) {
        let wakes_ms = self.now_ms + for_ms;
        self.asleep_until_ms = self.asleep_until_ms.max(wakes_ms);
        self.at(wakes_ms, Deed::WakeUp(for_ms));
        self.break_everything();
    }

    pub(super) fn wake_up(&mut self, slept_ms: u64) {
        if slept_ms > SLEPT_MS {
            let attempt = self.upload.attempt();
            self.tell(attempt, Event::CameOnline);
        }
    }

    pub(super) fn fail_power(&mut self) {
        self.lost_bytes += self.server.lose_unsynced(&mut self.dice);
        self.power_failures += 1;
        self.stays_confirmed = false;
        self.deed(Deed::Crash);
    }

    /// An answer gets lost although the server has done what it was asked for.
    pub(super) fn swallows(&mut self) -> bool {
        let is_swallowed = self.dice.u64(0..100) < self.weather.swallowed_percent
            && self.weather.most_swallowed > 0;
        self.weather.most_swallowed -= u32::from(is_swallowed);
        is_swallowed
    }

    fn break_everything(&mut self) {
        self.current.into_iter().for_each(|current| self.die(current));
        self.lose_requests();
    }
}

impl Happening {
    /// Nothing of it happens while the machine sleeps.
    pub(super) fn needs_the_machine(&self) -> bool {
        match self {
            Happening::ToClient(..) | Happening::Client(..) | Happening::Wakes(..) => true,
            Happening::Tick(_) | Happening::RequestLoads(_) | Happening::Whenever(_) => true,
            Happening::Locked(_) | Happening::Leaves => true,
            Happening::Deed(deed) => {
                !matches!(deed, Deed::Crash | Deed::Cut | Deed::PowerFailure | Deed::Offline(_))
            }
            Happening::RequestArrives(_) | Happening::RequestRepeats(_) => false,
            Happening::ToServer(..) | Happening::Dies(_) => false,
            Happening::ServerWakes(_) | Happening::ServerLoses(_) => false,
        }
    }
}
