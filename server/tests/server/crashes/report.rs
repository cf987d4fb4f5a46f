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
    begun_again: u64,
    bytes: u64,
    sent: u64,
    repeated: u64,
    attempts: u64,
}

impl Report {
    /// An upload has cost this, whatever came of it.
    pub fn count(&mut self, protocol: Protocol, tally: &Tally) {
        let row = self.0.entry(protocol.name()).or_default();
        row.sent += tally.sent;
        row.repeated += tally.repeated;
        row.attempts += tally.attempts;
    }

    pub fn delivered(&mut self, protocol: Protocol, size: u64) {
        let row = self.0.entry(protocol.name()).or_default();
        row.uploads += 1;
        row.bytes += size;
    }

    pub fn begun_again(&mut self, protocol: Protocol) {
        self.0.entry(protocol.name()).or_default().begun_again += 1;
    }
}

const HEAD: [&str; 7] =
    ["protocol", "uploads", "begun again", "lost attempts", "bytes", "sent again", "confirmed"];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for title in HEAD {
            write!(f, "{title:>14}")?;
        }
        for (name, row) in &self.0 {
            write!(f, "\n{name:>14}")?;
            let again = row.sent.saturating_sub(row.bytes);
            for number in
                [row.uploads, row.begun_again, row.attempts, row.bytes, again, row.repeated]
            {
                write!(f, "{number:14}")?;
            }
        }
        Ok(())
    }
}
