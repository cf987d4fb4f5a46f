//! Nothing is lost, whatever ends the server, and whatever its disk does.

mod crowd;
#[cfg(unix)]
mod faults;
mod kills;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod power_loss;
mod report;
#[cfg(unix)]
mod server_power;

use crate::common::environment::number;

/// The seed of a run: `SEED` replays one.
pub fn seed() -> u64 {
    let seed = number("SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    seed
}

/// A folder in memory, where there is such a thing: what is tried is no disk.
pub fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let folder = memory.is_dir().then(|| tempfile::tempdir_in(memory).ok()).flatten();
    folder.unwrap_or_else(|| tempfile::tempdir().expect("a folder"))
}
