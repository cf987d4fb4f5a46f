//! The real program is killed at random moments while many uploads are under way.
//!
//! `KILLS=200 cargo test -p incoming-server --test server crashes::kills -- --nocapture` is the long
//! run; `SEED=n` replays one as far as timing lets it.

use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use tempfile::TempDir;

use super::crowd::Crowd;
use super::seed;
use crate::common::environment::number;
use crate::common::{Backend, Program, Reply};

/// The largest file, in bytes.
const MOST: u64 = 6_000_000;

/// Kills the server again and again; the last one stays.
async fn keep_killing(crowd: &Crowd, storage: &Path, kills: u64, mut rng: Rng) -> Program {
    let mut program = Program::start(storage).await;
    for _ in 0..kills {
        crowd.line.leads_to(program.address);
        tokio::time::sleep(Duration::from_millis(rng.u64(0..400))).await;
        program.kill().await;
        program = Program::start(storage).await;
    }
    crowd.line.leads_to(program.address);
    program
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed_again_and_again() {
    let (kills, seed) = (number("KILLS").unwrap_or(20), seed());
    let storage = TempDir::new().unwrap();
    let mut backend = Backend::always(Reply::Done).await;
    let crowd = Crowd::new(seed, backend.url(), MOST, false);
    let killing = keep_killing(&crowd, storage.path(), kills, Rng::with_seed(seed));
    let last = crowd.upload_during(killing).await;
    let uploads = crowd.compare(storage.path());
    let told: Vec<String> = backend.calls().iter().map(|call| call.of("id")).collect();
    assert!(crowd.tickets().iter().all(|ticket| told.contains(ticket)));
    println!("{kills} kills, {uploads} uploads, every byte compared\n{}", crowd.report.borrow());
    last.kill().await;
}
