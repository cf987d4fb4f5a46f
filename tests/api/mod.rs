//! What a front end in Rust sees, in whatever surroundings.

mod answers;
mod builder;
mod empty;
mod ending;
mod fetches;
mod forms;
mod functions;
mod galileo;
mod hashing;
mod headers;
mod parts;
mod sockets;
mod states;
mod timers;
pub mod world;
mod xhr;

use incoming_uploader::{Snapshot, Uploader};

use world::until;

/// Waits until an upload looks so; returns how it looks.
async fn until_it(uploader: &Uploader, what: &str, looks: impl Fn(&Snapshot) -> bool) -> Snapshot {
    until(what, || looks(&uploader.snapshot())).await;
    uploader.snapshot()
}

/// Waits until an upload waits for its next attempt, for which it looks at the file first.
async fn until_it_waits(uploader: &Uploader) -> Snapshot {
    until_it(uploader, "the wait", |now| now.state_msg.contains(" within ")).await
}

/// Within how many seconds it tries again, as it says.
fn seconds_to_wait(now: &Snapshot) -> u32 {
    let words = now.state_msg.rsplit_once("within ").unwrap().1;
    words.strip_suffix(" s").unwrap().parse().unwrap()
}
