//! Waits that notice when the machine was asleep.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;

use crate::page::wall_clock_ms;

/// Clocks of waits stand still while a machine sleeps: steps notice it soon after.
const STEP_MS: f64 = 5000.0;
/// What is so late was asleep. Pages in the background are up to a minute late.
const SLEPT_MS: f64 = 90_000.0;

/// Who is told about a wait.
pub(crate) trait Sleeper {
    /// The time is over.
    fn woke(&self);
    /// The machine was asleep, whatever is left of the wait.
    fn slept(&self);
}

/// A wait that is forgotten when it is dropped.
pub(crate) struct Wait(#[expect(dead_code, reason = "held to be dropped")] Rc<Steps>);

struct Steps {
    timeout: RefCell<Option<Timeout>>,
    sleeper: Box<dyn Sleeper>,
}

impl Wait {
    /// Wakes the sleeper after so many milliseconds.
    pub(crate) fn new(milliseconds: f64, sleeper: Box<dyn Sleeper>) -> Wait {
        let steps = Rc::new(Steps { timeout: RefCell::default(), sleeper });
        steps.step(milliseconds);
        Wait(steps)
    }
}

impl Steps {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a step is short")]
    fn step(self: &Rc<Self>, left_ms: f64) {
        let step_ms = left_ms.min(STEP_MS);
        let due_ms = wall_clock_ms() + step_ms;
        let steps = Rc::downgrade(self);
        let timeout = Timeout::new(step_ms as u32, move || {
            if let Some(steps) = steps.upgrade() {
                steps.due(left_ms - step_ms, wall_clock_ms() - due_ms);
            }
        });
        *self.timeout.borrow_mut() = Some(timeout);
    }

    fn due(self: &Rc<Self>, left_ms: f64, late_ms: f64) {
        let left_ms = left_ms - late_ms.max(0.0);
        if left_ms > 0.0 {
            self.step(left_ms);
        }
        if late_ms > SLEPT_MS {
            self.sleeper.slept();
        }
        // Whoever was told of the sleep may have dropped this wait.
        if left_ms <= 0.0 && Rc::strong_count(self) > 1 {
            self.sleeper.woke();
        }
    }
}
