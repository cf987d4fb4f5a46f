use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;
use crate::files::{FileSystem, Native};
use crate::store::conformance::document;
use crate::store::disk::{Disk, Ground};
use crate::store::{Store as _, Writer};

/// A disk that may refuse to make bytes durable, and counts how many files of uploads are open.
#[derive(Debug, Default)]
struct Watched {
    refuses_syncs: AtomicBool,
    most_open: AtomicUsize,
}

impl FileSystem for Watched {
    fn open(&self, path: &Path, how: Opening) -> io::Result<File> {
        let file = Native.open(path, how)?;
        if path.ends_with("data") && how == Opening::There {
            let root = path.parent().and_then(Path::parent).unwrap();
            // A list that is made while others open and close may name both.
            let open = (0..5).map(|_| open_below(root)).min();
            self.most_open.fetch_max(open.unwrap_or_default(), Ordering::SeqCst);
        }
        Ok(file)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        match self.refuses_syncs.load(Ordering::SeqCst) {
            true => Err(io::Error::other("no")),
            false => Native.sync_data(file),
        }
    }
}

/// How many files of uploads in a folder this process has open; 0 where the system does not tell.
fn open_below(root: &Path) -> usize {
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else { return 0 };
    let paths = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    paths.filter(|path| path.starts_with(root) && path.ends_with("data")).count()
}

struct Stage {
    store: Disk,
    watched: Arc<Watched>,
    folder: TempDir,
}

fn stage(open_files: usize) -> Stage {
    let (folder, watched) = (TempDir::new().unwrap(), Arc::new(Watched::default()));
    let files: Arc<dyn FileSystem> = Arc::<Watched>::clone(&watched);
    let ground = Ground { files, open_files, ..Ground::default() };
    Stage { store: Disk::open_with(folder.path(), ground).unwrap(), watched, folder }
}

impl Stage {
    async fn upload(&self) -> (Uuid, Box<dyn Writer>) {
        let document = document();
        self.store.create(&document).await.unwrap();
        self.store.begin(document.id).await.unwrap();
        (document.id, self.store.open(document.id).await.unwrap())
    }

    fn is_open(&self, id: Uuid) -> bool {
        let handle = self.store.shared.open_files.handle(id);
        let file = lock(&handle.file);
        file.is_some()
    }

    fn after_a_reboot(&self) -> Disk {
        let ground = Ground { life: Uuid::new_v4(), ..Ground::default() };
        Disk::open_with(self.folder.path(), ground).unwrap()
    }
}

async fn write(writer: &mut Box<dyn Writer>, offset: u64, bytes: &'static str) -> Result<()> {
    writer.write(offset, Bytes::from_static(bytes.as_bytes())).await
}

#[tokio::test]
async fn the_longest_unused_file_is_closed_first_and_opened_again() {
    let stage = stage(2);
    let (a, mut to_a) = stage.upload().await;
    let (b, mut to_b) = stage.upload().await;
    write(&mut to_a, 0, "a").await.unwrap();
    let (c, mut to_c) = stage.upload().await;
    write(&mut to_c, 0, "c").await.unwrap();
    assert_eq!([a, b, c].map(|id| stage.is_open(id)), [true, false, true]);
    write(&mut to_b, 0, "b").await.unwrap();
    assert_eq!([a, b, c].map(|id| stage.is_open(id)), [false, true, true]);
    write(&mut to_a, 1, "aa").await.unwrap();
    to_a.seal(3).await.unwrap();
    assert_eq!(stage.store.read(a, 0..9).await.unwrap(), "aaa");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_files_are_open_than_may_be_whoever_works_at_once() {
    let stage = stage(3);
    let mut uploads = Vec::new();
    for _ in 0..24 {
        uploads.push(stage.upload().await);
    }
    let work = uploads.iter_mut().map(|(_, writer)| async {
        for offset in 0..40 {
            write(writer, offset, "x").await.unwrap();
        }
        writer.seal(40).await.unwrap();
    });
    join_all(work).await;
    let most = stage.watched.most_open.load(Ordering::SeqCst);
    assert!(most <= 3, "{most} files were open");
    assert!(stage.store.shared.open_files.table().open <= 3);
}

#[tokio::test]
async fn what_was_written_is_on_the_disk_when_a_file_is_closed() {
    let stage = stage(1);
    let (id, mut writer) = stage.upload().await;
    write(&mut writer, 0, "abc").await.unwrap();
    stage.store.mark(id, 0).await.unwrap();
    let (other, mut to_other) = stage.upload().await;
    assert_eq!(stage.after_a_reboot().marks(id).await.unwrap(), [0]);
    write(&mut to_other, 0, "abc").await.unwrap();
    stage.store.mark(other, 7).await.unwrap();
    stage.store.close_rested(Duration::ZERO).await.unwrap();
    assert!(!stage.is_open(other));
    assert_eq!(stage.after_a_reboot().marks(other).await.unwrap(), [7]);
}

#[tokio::test]
async fn a_file_that_was_used_a_moment_ago_does_not_rest() {
    let stage = stage(2);
    let (id, _) = stage.upload().await;
    stage.store.close_rested(Duration::from_secs(60)).await.unwrap();
    assert!(stage.is_open(id));
}

#[tokio::test]
async fn bytes_that_did_not_reach_the_disk_when_a_file_was_closed_are_not_believed() {
    let stage = stage(1);
    let (id, mut writer) = stage.upload().await;
    write(&mut writer, 0, "abc").await.unwrap();
    stage.store.mark(id, 0).await.unwrap();
    stage.watched.refuses_syncs.store(true, Ordering::SeqCst);
    stage.upload().await;
    stage.watched.refuses_syncs.store(false, Ordering::SeqCst);
    assert!(stage.store.marks(id).await.unwrap().is_empty());
    assert!(stage.store.is_in_doubt(id).await.unwrap());
    assert!(matches!(write(&mut writer, 3, "d").await, Err(StoreError::Io(_))));
    assert!(matches!(writer.seal(3).await, Err(StoreError::Io(_))));
    let mut writer = stage.store.open(id).await.unwrap();
    assert_eq!(stage.store.length(id).await.unwrap(), 0);
    write(&mut writer, 0, "abc").await.unwrap();
    writer.seal(3).await.unwrap();
}

#[tokio::test]
async fn a_writer_never_writes_to_the_file_that_follows_its_own() {
    let stage = stage(2);
    let (id, mut writer) = stage.upload().await;
    stage.store.close_rested(Duration::ZERO).await.unwrap();
    stage.store.remove_bytes(id).await.unwrap();
    stage.store.begin(id).await.unwrap();
    assert!(matches!(write(&mut writer, 0, "x").await, Err(StoreError::NotFound(_))));
    assert_eq!(stage.store.length(id).await.unwrap(), 0);
}

#[tokio::test]
async fn nothing_is_remembered_of_files_that_nobody_writes_to() {
    let stage = stage(2);
    for _ in 0..5 {
        stage.upload().await;
    }
    stage.store.close_rested(Duration::ZERO).await.unwrap();
    let table = stage.store.shared.open_files.table();
    assert!(table.handles.is_empty() && table.idle.is_empty() && table.open == 0);
}

#[tokio::test]
async fn what_is_written_after_its_file_was_closed_is_synced_with_the_next_close() {
    let stage = stage(2);
    let (id, mut writer) = stage.upload().await;
    let handle = stage.store.shared.open_files.handle(id);
    let turn = Arc::clone(&handle.turn).lock_owned().await;
    let mut waits = Box::pin(write(&mut writer, 0, "abc"));
    assert!((&mut waits).now_or_never().is_none());
    stage.store.close_rested(Duration::ZERO).await.unwrap();
    drop(turn);
    waits.await.unwrap();
    stage.watched.refuses_syncs.store(true, Ordering::SeqCst);
    stage.store.close_rested(Duration::ZERO).await.unwrap();
    assert!(stage.store.is_in_doubt(id).await.unwrap());
}
