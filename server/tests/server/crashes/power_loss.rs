//! The power fails between any two operations of a store, thousands of times, and what the store
//! has promised is there.
//!
//! `LOSSES=100000 cargo test -p incoming-server --test server crashes::power_loss -- --nocapture` is the long run; `SEED=n` replays one as far as timing lets it.

mod upload;

use std::sync::Arc;

use fastrand::Rng;
use incoming_server::store::{Disk, Ground, Store as _, StoreError};
use tempfile::TempDir;
use uuid::Uuid;

use super::{folder, seed};
use crate::common::environment::number;
use crate::common::power::Power;
use upload::Upload;

/// How often the power fails under the same uploads.
const LIVES: u64 = 8;
/// How many operations of the file system there are between two failures, at most.
const LONGEST: u64 = 120;

/// What was looked at.
#[derive(Debug, Default)]
pub(super) struct Checked {
    losses: u64,
    operations: u64,
    documents: u64,
    whole_files: u64,
    kept_bytes: u64,
    lost_bytes: u64,
}

/// A system from its start to the failure of its power.
struct Life {
    power: Power,
    disk: Disk,
    folder: TempDir,
}

impl Life {
    fn begin(folder: TempDir, rng: &mut Rng) -> Life {
        std::fs::create_dir_all(folder.path().join("arrived")).unwrap();
        let power = Power::over(folder.path());
        let ground = Ground {
            files: Arc::new(power.clone()),
            life: Uuid::new_v4(),
            write_back: rng.u64(1..20_000),
            open_files: rng.usize(1..4),
            ..Ground::default()
        };
        let disk = Disk::open_with(&folder.path().join("uploads"), ground).unwrap();
        Life { power, disk, folder }
    }

    /// What is left of it.
    fn end(self, rng: &mut Rng) -> TempDir {
        let left = folder();
        self.power.remains(left.path(), rng);
        left
    }
}

fn fresh() -> TempDir {
    let folder = folder();
    std::fs::create_dir(folder.path().join("uploads")).unwrap();
    folder
}

/// Does this and that until there is no power any more.
async fn live(life: &Life, uploads: &mut Vec<Upload>, rng: &mut Rng) {
    life.power.fails_after(rng.u64(1..LONGEST));
    loop {
        if uploads.len() < 3 || rng.u8(0..40) == 0 {
            uploads.push(Upload::new(rng));
        }
        let at = rng.usize(0..uploads.len());
        match uploads[at].go_on(&life.disk, life.folder.path(), rng).await {
            Ok(()) => {}
            Err(StoreError::Io(_)) if !life.power.is_on() => return,
            Err(error) => panic!("{error} of {:?}", uploads[at]),
        }
    }
}

async fn expect_what_was_promised(life: &Life, uploads: &mut Vec<Upload>, checked: &mut Checked) {
    for upload in uploads.iter_mut() {
        upload.check(&life.disk, life.folder.path(), checked).await;
    }
    let listed = life.disk.list().await.unwrap();
    let there = uploads.iter().filter(|upload| upload.is_there()).count();
    assert_eq!(listed.len(), there, "nothing else is left");
    uploads.retain(|upload| !upload.is_over());
}

async fn lives(seed: u64, checked: &mut Checked) {
    let mut rng = Rng::with_seed(seed);
    let mut life = Life::begin(fresh(), &mut rng);
    let mut uploads = Vec::new();
    for _ in 0..LIVES {
        live(&life, &mut uploads, &mut rng).await;
        checked.losses += 1;
        checked.operations += life.power.operations();
        life = Life::begin(life.end(&mut rng), &mut rng);
        expect_what_was_promised(&life, &mut uploads, checked).await;
    }
}

#[tokio::test]
async fn whatever_was_promised_is_there_after_the_power_has_failed() {
    let (losses, seed) = (number("LOSSES").unwrap_or(800), seed());
    let mut checked = Checked::default();
    for number in 0..losses.div_ceil(LIVES) {
        let seed = seed.wrapping_add(number);
        let tried = std::panic::AssertUnwindSafe(lives(seed, &mut checked));
        let ended = futures_util::FutureExt::catch_unwind(tried).await;
        assert!(ended.is_ok(), "fails with SEED={seed} LOSSES={LIVES}");
    }
    println!("{checked:?}");
}
