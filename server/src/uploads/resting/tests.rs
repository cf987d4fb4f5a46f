use std::fs::File;
use std::io;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use incoming_protocol::Md5;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::Config;
use crate::files::{FileSystem, Native};
use crate::store::{Disk, Ground};
use crate::uploads::{ChunkError, HashedPlan, HashedState, Holder, Layout, Plan, Slot};

const PLAN: Plan<'static> = Plan {
    protocol: "resumable",
    key: "k",
    name: "a",
    size: 3,
    layout: Layout { chunk_size: 1, count: 3 },
    is_unique: false,
    continues: false,
    secret: None,
    holder: Holder::nobody(),
};

/// A disk that may refuse to make bytes durable.
#[derive(Debug, Default)]
struct Trouble(AtomicBool);

impl FileSystem for Trouble {
    fn sync_data(&self, file: &File) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) {
            Err(io::Error::other("no"))
        } else {
            Native.sync_data(file)
        }
    }
}

async fn stage() -> (Uploads, Arc<Trouble>, TempDir) {
    let (folder, trouble) = (tempfile::tempdir().unwrap(), Arc::<Trouble>::default());
    let storage = folder.path().to_str().unwrap();
    let config = Config::from_arguments(["incoming-server", "--storage", storage]).unwrap();
    let files: Arc<dyn FileSystem> = Arc::<Trouble>::clone(&trouble);
    let disk = Disk::open_with(folder.path(), Ground { files, ..Ground::default() }).unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    (Uploads::new(Arc::new(disk), &config, tasks, stop).await.unwrap(), trouble, folder)
}

async fn send(uploads: &Uploads, index: u64, byte: &'static str) -> Result<bool, ChunkError> {
    let Slot::Room(mut writer) = uploads.slot(&PLAN, index, index..index + 1).await? else {
        panic!("expected room");
    };
    writer.append(Bytes::from_static(byte.as_bytes())).await?;
    writer.finish().await
}

fn awake(uploads: &Uploads) -> usize {
    uploads.inner.lives.all().iter().filter(|live| live.is_awake()).count()
}

#[tokio::test]
async fn an_upload_that_rests_goes_on_where_it_was() {
    let (uploads, _, folder) = stage().await;
    for (index, byte) in ["a", "b", "c"].into_iter().enumerate() {
        assert_eq!(send(&uploads, index as u64, byte).await.unwrap(), index == 2);
        uploads.rest(Duration::ZERO).await;
        assert_eq!(awake(&uploads), 0);
    }
    let mut arrived = std::fs::read_dir(folder.path().join("arrived")).unwrap();
    let is_file = |path: &std::path::PathBuf| path.extension().is_none();
    let path = arrived.find_map(|entry| Some(entry.unwrap().path()).filter(is_file)).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"abc");
}

#[tokio::test]
async fn who_comes_back_after_a_rest_is_not_taken_for_somebody_else() {
    for rests in [false, true] {
        let (uploads, _, _folder) = stage().await;
        send(&uploads, 0, "a").await.unwrap();
        if rests {
            uploads.rest(Duration::ZERO).await;
        }
        send(&uploads, 1, "b").await.unwrap();
        send(&uploads, 0, "x").await.unwrap();
        assert_eq!(uploads.has_chunk(&PLAN, 0).await.unwrap(), Some(false));
        assert_eq!(uploads.has_chunk(&PLAN, 1).await.unwrap(), None, "it is of the other file");
    }
}

#[tokio::test]
async fn chunks_that_did_not_reach_the_disk_before_a_rest_are_told_to_be_lost() {
    let (uploads, trouble, _folder) = stage().await;
    send(&uploads, 0, "a").await.unwrap();
    trouble.0.store(true, Ordering::SeqCst);
    uploads.rest(Duration::ZERO).await;
    trouble.0.store(false, Ordering::SeqCst);
    let told = send(&uploads, 1, "b").await;
    assert!(matches!(told, Err(ChunkError::Lost)), "{told:?}");
    for (index, byte) in ["a", "b", "c"].into_iter().enumerate() {
        assert_eq!(send(&uploads, index as u64, byte).await.unwrap(), index == 2);
    }
}

#[tokio::test]
async fn a_file_known_by_its_md5_is_whole_after_rests_in_any_order() {
    let content = b"00000abc";
    let md5 = crate::fingerprint::of_bytes(Bytes::from_static(content)).await.unwrap();
    for order in [[0, 1], [1, 0]] {
        let (uploads, _, _folder) = stage().await;
        let mut state = HashedState::New;
        for index in order {
            let md5: Md5 = md5.clone();
            let plan =
                HashedPlan { md5, name: "a".to_owned(), index, count: 2, holder: Holder::nobody() };
            let piece = if index == 0 { &content[..5] } else { &content[5..] };
            let mut chunk = uploads.take_hashed(plan).unwrap();
            chunk.append(Bytes::from_static(piece)).await.unwrap();
            state = chunk.finish().await.unwrap();
            uploads.rest(Duration::ZERO).await;
        }
        assert!(matches!(state, HashedState::Complete { .. }), "{state:?}");
    }
}

#[tokio::test]
async fn very_many_files_known_by_their_md5_rest_at_once() {
    let (uploads, _, _folder) = stage().await;
    for number in 0..MANY {
        let md5 = Md5::parse(&format!("{number:032x}")).unwrap();
        let plan =
            HashedPlan { md5, name: "a".to_owned(), index: 0, count: 2, holder: Holder::nobody() };
        let mut chunk = uploads.take_hashed(plan).unwrap();
        chunk.append(Bytes::from_static(b"abc")).await.unwrap();
        chunk.finish().await.unwrap();
    }
    tokio::task::yield_now().await;
    uploads.rest(Duration::ZERO).await;
    assert_eq!(awake(&uploads), 0);
}

#[tokio::test]
async fn of_very_many_uploads_the_longest_unused_rest_at_once() {
    let (uploads, _, _folder) = stage().await;
    for number in 0..2 * MANY {
        let key = number.to_string();
        let plan = Plan { key: &key, ..PLAN };
        let Slot::Room(_) = uploads.slot(&plan, 0, 0..1).await.unwrap() else { panic!() };
    }
    uploads.rest(Duration::from_secs(60)).await;
    assert_eq!(awake(&uploads), MANY / 2);
    let last = Plan { key: &(2 * MANY - 1).to_string(), ..PLAN };
    assert!(uploads.inner.live(last.id()).is_awake());
}
