//! What was tried, counted.

use std::collections::BTreeMap;
use std::fmt;

use incoming_protocol::Protocol;

use crate::common::driver::Tally;

/// What the uploads of each protocol have cost.
#[derive(Debug, Default)]
pub struct Report(BTreeMap<&'static str, Row>);

#[derive(Debug, Default)]
struct Row {
    uploads: u64,
    bytes: u64,
    sent: u64,
    repeated: u64,
    attempts: u64,
}

impl Report {
    pub fn count(&mut self, protocol: Protocol, size: u64, tally: &Tally) {
        let row = self.0.entry(protocol.name()).or_default();
        row.uploads += 1;
        row.bytes += size;
        row.sent += tally.sent;
        row.repeated += tally.repeated;
        row.attempts += tally.attempts;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:12} {:>8} {:>13} {:>12} {:>11} {:>11}",
            "protocol", "uploads", "lost attempts", "bytes", "sent again", "confirmed"
        )?;
        for (name, row) in &self.0 {
            let Row { uploads, bytes, sent, repeated, attempts } = row;
            let again = sent.saturating_sub(*bytes);
            writeln!(f, "{name:12} {uploads:8} {attempts:13} {bytes:12} {again:11} {repeated:11}")?;
        }
        Ok(())
    }
}
