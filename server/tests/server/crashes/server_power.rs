//! The power fails under a server while many uploads are under way. What was delivered is there each
//! time, and the rest comes.
//!
//! `FAILURES=200 cargo test -p incoming-server --test server crashes::server_power -- --nocapture` is
//! the long run; `SEED=n` replays one as far as timing lets it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use incoming_server::serve::start_over;
use incoming_server::store::{Disk, Ground};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::crowd::Crowd;
use super::{folder, seed};
use crate::common::environment::number;
use crate::common::power::Power;
use crate::common::{Backend, Reply, config};

/// The largest file, in bytes.
const MOST: u64 = 1_500_000;
/// How many operations of the file system there are between two failures, at most.
const LONGEST: u64 = 800;

/// A computer that serves.
struct Computer {
    power: Power,
    runtime: Runtime,
}

impl Computer {
    async fn start(crowd: &Crowd, root: PathBuf, write_back: u64) -> Computer {
        let power = Power::over(&root);
        let files = Arc::new(power.clone());
        // A runtime of its own dies with all that goes on in it.
        let (runtime, address) = tokio::task::spawn_blocking(move || {
            let runtime = Runtime::new().unwrap();
            let life = Uuid::new_v4();
            let ground = Ground { files, life, write_back, open_files: 4, ..Ground::default() };
            let disk = Disk::open_with(&root, ground).unwrap();
            let running = runtime.block_on(start_over(config(&root), Arc::new(disk))).unwrap();
            (runtime, running.address())
        })
        .await
        .unwrap();
        crowd.line.leads_to(address);
        Computer { power, runtime }
    }

    /// The power fails, and leaves what is on the disk in the same folder.
    async fn fail(self, crowd: &Crowd, root: &Path, rng: &mut Rng) {
        self.power.fails_silently_after(rng.u64(1..LONGEST));
        while self.power.is_on() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        crowd.line.leads_nowhere();
        self.runtime.shutdown_background();
        let left = folder();
        self.power.remains(left.path(), rng);
        std::fs::rename(root, left.path().join("before")).unwrap();
        std::fs::create_dir(root).unwrap();
        for entry in std::fs::read_dir(left.path()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != "before" {
                std::fs::rename(entry.path(), root.join(entry.file_name())).unwrap();
            }
        }
    }
}

async fn keep_failing(crowd: &Crowd, root: &Path, failures: u64, mut rng: Rng) -> Computer {
    let mut compared = 0;
    for _ in 0..failures {
        let write_back = rng.u64(10_000..500_000);
        let computer = Computer::start(crowd, root.to_owned(), write_back).await;
        computer.fail(crowd, root, &mut rng).await;
        compared += crowd.compare(root);
    }
    println!("{failures} power failures; {compared} times a delivered file was compared after one");
    Computer::start(crowd, root.to_owned(), 1 << 20).await
}

#[tokio::test]
async fn nothing_that_was_delivered_is_lost_when_the_power_fails_again_and_again() {
    let (failures, seed) = (number("FAILURES").unwrap_or(8), seed());
    let folder = folder();
    let root = folder.path().join("storage");
    std::fs::create_dir_all(root.join("arrived")).unwrap();
    let backend = Backend::always(Reply::Done).await;
    let crowd = Crowd::new(seed, backend.url(), MOST, true);
    let failing = keep_failing(&crowd, &root, failures, Rng::with_seed(seed));
    let last = crowd.upload_during(failing).await;
    let uploads = crowd.compare(&root);
    println!("{uploads} uploads, every byte compared\n{}", crowd.report.borrow());
    last.runtime.shutdown_background();
}
