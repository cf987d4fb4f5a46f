//! How fast bytes are confirmed, smoothed.

/// Measures a rate from a growing total and the time of whoever has a clock.
#[derive(Debug, Default)]
pub struct Speedometer {
    last: Option<(f64, u64)>,
    bytes_per_second: Option<f64>,
}

/// Shorter intervals than this say more about buffers than about the line.
const SHORTEST_MS: f64 = 50.0;
/// How long a standstill may last before it counts.
const STANDSTILL_MS: f64 = 1000.0;
/// How slowly old measurements fade.
const FADE_MS: f64 = 2000.0;

impl Speedometer {
    /// Begins a new measurement at this total; what was measured before still counts.
    pub fn restart(&mut self, now_ms: f64, total: u64) {
        self.last = Some((now_ms, total));
    }

    /// Notes that `total` bytes are confirmed at `now_ms`.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    pub fn record(&mut self, now_ms: f64, total: u64) {
        let Some((then_ms, before)) = self.last else { return self.restart(now_ms, total) };
        let elapsed_ms = now_ms - then_ms;
        let stands = total <= before;
        if elapsed_ms < SHORTEST_MS || (stands && elapsed_ms < STANDSTILL_MS) {
            return;
        }
        let rate = total.saturating_sub(before) as f64 / elapsed_ms * 1000.0;
        let weight = elapsed_ms / (elapsed_ms + FADE_MS);
        self.bytes_per_second = match self.bytes_per_second {
            Some(old) => Some(old + (rate - old) * weight),
            None if stands => None,
            None => Some(rate),
        };
        self.last = Some((now_ms, total));
    }

    /// The rate in bytes per second; `None` until there was something to measure.
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.bytes_per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_before_something_moved() {
        let mut speed = Speedometer::default();
        speed.restart(0.0, 500);
        speed.record(10.0, 1000);
        assert_eq!(speed.bytes_per_second(), None, "10 ms are too short");
        speed.record(5000.0, 500);
        assert_eq!(speed.bytes_per_second(), None, "nothing was confirmed");
    }

    #[test]
    fn a_steady_line_shows_its_speed_at_once_and_keeps_it() {
        let mut speed = Speedometer::default();
        for step in 0..50_u32 {
            speed.record(f64::from(step) * 100.0, u64::from(step) * 1000);
        }
        let rate = speed.bytes_per_second().expect("measured");
        assert!((rate - 10_000.0).abs() < 1.0, "{rate}");
    }

    #[test]
    fn a_standstill_brings_it_down() {
        let mut speed = Speedometer::default();
        speed.record(0.0, 0);
        speed.record(1000.0, 1_000_000);
        for second in 2..12_u32 {
            speed.record(f64::from(second) * 1000.0, 1_000_000);
        }
        assert!(speed.bytes_per_second().expect("measured") < 50_000.0);
    }

    #[test]
    fn a_jump_at_a_restart_is_not_speed() {
        let mut speed = Speedometer::default();
        speed.restart(0.0, 0);
        speed.record(1000.0, 1000);
        speed.restart(2000.0, 1_000_000_000);
        speed.record(3000.0, 1_000_001_000);
        let rate = speed.bytes_per_second().expect("measured");
        assert!((rate - 1000.0).abs() < 1.0, "{rate}");
    }
}
