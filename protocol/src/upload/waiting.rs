//! Between two attempts: what is waited for, and what ends the wait.

use std::time::Duration;

use super::{Phase, Step, Upload};
use crate::{Action, Error, Event, Wake, decimal, joined};

/// A browser may be wrong about having no network: so often it is tried anyway.
const TRIED_ANYWAY: Duration = Duration::from_secs(30);

/// A wait for the next attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    delay: Duration,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Why {
    Lost,
    /// The server answered that it cannot for now; true if it said for how long.
    Unavailable(bool),
    /// There is no network.
    Offline,
}

impl Waiting {
    pub(super) fn is_offline(&self) -> bool {
        self.why == Why::Offline
    }

    /// What a person reads: why, what comes then, and within which time.
    pub(super) fn state_msg(&self, error: Option<&Error>, how: &str) -> String {
        let why = match error {
            _ if self.is_offline() => "there is no network".to_owned(),
            Some(error) => why(error),
            None => LOST.to_owned(),
        };
        joined(&[&why, ", ", how, " within ", &decimal(self.delay.as_secs() + 1), " s"])
    }
}

const LOST: &str = "lost the connection";

/// Why an attempt has failed, in the words of who said so.
pub(super) fn why(error: &Error) -> String {
    match error {
        Error::Unavailable(words) => words.clone(),
        Error::Lost(words) => joined(&[LOST, ": ", words]),
        Error::TimedOut(_) => joined(&[LOST, ": ", &error.words()]),
        error => error.words(),
    }
}

impl Upload {
    /// Takes note of what any answer asks for, however the attempt ends.
    pub(super) fn note_asked(&mut self, event: &Event) {
        if let Event::Responded(_, response) = event {
            self.asked = self.asked.max(response.retry_after());
        }
    }

    /// An attempt is lost: waits for the next, or ends.
    pub(super) fn try_again_later(&mut self, error: Error, steps: &mut Vec<Step>) {
        let is_asked = !self.asked.is_zero();
        let why = match &error {
            // An answer is a proof of a network, whatever the browser believes.
            _ if is_asked => Why::Unavailable(true),
            Error::Unavailable(_) => Why::Unavailable(false),
            _ if self.link.is_offline => return self.wait_for_network(steps),
            _ => Why::Lost,
        };
        match self.backoff.next(self.asked, self.losses.later(&error)) {
            Some(delay) => self.wait_for(Waiting { delay, why }, steps),
            None => self.end(Phase::Failed(error), steps),
        }
    }

    /// Costs no attempt.
    fn wait_for_network(&mut self, steps: &mut Vec<Step>) {
        self.wait_for(Waiting { delay: TRIED_ANYWAY, why: Why::Offline }, steps);
    }

    fn wait_for(&mut self, waiting: Waiting, steps: &mut Vec<Step>) {
        self.phase = Phase::Waiting(waiting);
        self.act(Action::Wait(Wake::Retry, waiting.delay), steps);
    }

    /// Begins when it is time. A network that comes back makes no server available.
    pub(super) fn wait(&mut self, event: &Event, steps: &mut Vec<Step>) {
        let Phase::Waiting(Waiting { why, .. }) = self.phase else { return };
        let is_over = match event {
            Event::Woke(Wake::Retry) => true,
            Event::CameOnline => why != Why::Unavailable(true),
            _ => false,
        };
        let is_doubtful = why == Why::Offline && *event != Event::CameOnline;
        if is_over && self.link.is_offline && !is_doubtful {
            self.wait_for_network(steps);
        } else if is_over {
            self.begin(steps);
        }
    }
}
