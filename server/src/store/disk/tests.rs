//! The promises of every store, and those of the disk alone.

use std::fs;
use std::ops::Deref;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::store::conformance;

/// A store in a folder that goes with it.
struct Fresh {
    store: Disk,
    folder: TempDir,
}

impl Deref for Fresh {
    type Target = Disk;

    fn deref(&self) -> &Disk {
        &self.store
    }
}

fn fresh() -> Fresh {
    let folder = TempDir::new().unwrap();
    Fresh { store: Disk::open(folder.path()).unwrap(), folder }
}

mod promises {
    super::conformance::suite!(super::fresh);
}

async fn created(store: &Disk) -> Uuid {
    let document = conformance::document();
    store.create(&document).await.unwrap();
    document.id
}

#[tokio::test]
async fn a_person_can_read_the_folder() {
    let fresh = fresh();
    let id = created(&fresh).await;
    fresh.begin(id).await.unwrap();
    fresh.open(id).await.unwrap().write(0, Bytes::from_static(b"abc")).await.unwrap();
    let folder = fresh.folder.path().join(id.to_string());
    assert_eq!(fs::read(folder.join("data")).unwrap(), b"abc");
    let text = fs::read_to_string(folder.join("upload.json")).unwrap();
    assert!(text.contains("\n  \"state\": \"receiving\""), "{text}");
}

#[tokio::test]
async fn a_damaged_document_is_an_error_of_that_upload_alone() {
    let fresh = fresh();
    let (damaged, sound) = (created(&fresh).await, created(&fresh).await);
    let path = fresh.folder.path().join(damaged.to_string()).join("upload.json");
    for content in ["", "{", "{\"version\":1}", "\0\0\0\0"] {
        fs::write(&path, content).unwrap();
        let store = Disk::open(fresh.folder.path()).unwrap();
        assert!(matches!(store.load(damaged).await, Err(StoreError::Damaged { .. })));
        assert!(store.load(sound).await.unwrap().is_some());
        assert_eq!(store.list().await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn what_could_not_be_removed_once_is_removed_the_next_time() {
    let fresh = fresh();
    let id = created(&fresh).await;
    let doomed = fresh.folder.path().join(format!("{id}.removed"));
    fs::create_dir(&doomed).unwrap();
    fs::write(doomed.join("data"), "abc").unwrap();
    fresh.remove(id).await.unwrap();
    assert!(fresh.load(id).await.unwrap().is_none() && !doomed.exists());

    fs::create_dir(&doomed).unwrap();
    fresh.remove(id).await.unwrap();
    assert!(!doomed.exists(), "its folder has the new name already");
}

#[tokio::test]
async fn what_a_crash_left_is_cleared() {
    let fresh = fresh();
    let root = fresh.folder.path();
    let kept = created(&fresh).await.to_string();
    let [unborn, half_removed, left_to_backend] = [(); 3].map(|()| Uuid::new_v4().to_string());
    fs::create_dir(root.join(&unborn)).unwrap();
    fs::write(root.join(&unborn).join("upload.json.new"), "{").unwrap();
    fs::create_dir(root.join(format!("{half_removed}.removed"))).unwrap();
    fs::write(root.join(format!("{half_removed}.removed")).join("data"), "x").unwrap();
    fs::create_dir(root.join(&left_to_backend)).unwrap();
    fs::write(root.join(&left_to_backend).join("data"), "x").unwrap();
    fs::create_dir(root.join("not ours")).unwrap();
    Disk::open(root).unwrap();
    let mut left: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    let mut expected = vec![kept, left_to_backend, "not ours".to_owned()];
    expected.sort();
    assert_eq!(left, expected);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let fresh = fresh();
    let id = created(&fresh).await;
    let path = fresh.folder.path().join(id.to_string()).join("upload.json");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn bytes_that_could_not_be_made_durable_are_sent_again() {
    let fresh = fresh();
    let id = created(&fresh).await;
    fresh.begin(id).await.unwrap();
    let data = fresh.folder.path().join(id.to_string()).join("data");
    fs::remove_file(&data).unwrap();
    // Takes every byte and cannot be synced.
    std::os::unix::fs::symlink("/dev/null", &data).unwrap();
    let mut writer = fresh.open(id).await.unwrap();
    writer.write(0, Bytes::from_static(b"abc")).await.unwrap();
    assert!(matches!(writer.seal(3).await, Err(StoreError::Io(_))));
    assert!(matches!(writer.seal(3).await, Err(StoreError::Io(_))), "it is remembered");

    fs::remove_file(&data).unwrap();
    fs::write(&data, "abc").unwrap();
    let mut writer = fresh.open(id).await.unwrap();
    assert_eq!(fresh.length(id).await.unwrap(), 0);
    writer.write(0, Bytes::from_static(b"abc")).await.unwrap();
    writer.seal(3).await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_told_from_other_trouble() {
    let fresh = fresh();
    let id = created(&fresh).await;
    let data = fresh.folder.path().join(id.to_string()).join("data");
    std::os::unix::fs::symlink("/dev/full", &data).unwrap();
    let mut writer = fresh.open(id).await.unwrap();
    assert!(writer.write(0, Bytes::from_static(b"abc")).await.unwrap_err().is_full());
    fs::remove_file(&data).unwrap();
    fs::create_dir(&data).unwrap();
    let error = fresh.open(id).await.unwrap_err();
    assert!(!error.is_full() && error.may_pass(), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn bytes_are_on_their_way_to_the_disk_while_others_come() {
    let fresh = fresh();
    let id = created(&fresh).await;
    let data = fresh.folder.path().join(id.to_string()).join("data");
    // Takes every byte and cannot be synced: the failure shows that it was tried.
    std::os::unix::fs::symlink("/dev/null", &data).unwrap();
    let mut writer = fresh.open(id).await.unwrap();
    let chunk = Bytes::from(vec![0; 16 << 20]);
    for offset in 0..4 {
        writer.write(offset * (16 << 20), chunk.clone()).await.unwrap();
    }
    let mut tries = 0;
    while writer.write(0, Bytes::new()).await.is_ok() {
        tries += 1;
        assert!(tries < 1000, "nothing was sent on");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_write_that_was_given_up_is_never_over_a_later_one() {
    let fresh = fresh();
    let (id, mut writer) = begun(&fresh).await;
    for later in 0..=255 {
        // Has begun and is dropped.
        let _ = writer.write(0, Bytes::from(vec![b'x'; 64 * 1024])).now_or_never();
        writer.write(0, Bytes::copy_from_slice(&[later])).await.unwrap();
        assert_eq!(fresh.read(id, 0..1).await.unwrap()[..], [later]);
    }
}

fn in_life(fresh: &Fresh, life: Uuid) -> Disk {
    Disk::open_with(fresh.folder.path(), Ground { life, ..Ground::default() }).unwrap()
}

/// The folder as the next life of the system finds it.
fn after_a_reboot(fresh: &Fresh) -> Disk {
    in_life(fresh, Uuid::new_v4())
}

/// An upload whose bytes reach the disk when told to.
async fn begun(fresh: &Fresh) -> (Uuid, DiskWriter) {
    let id = created(fresh).await;
    fresh.begin(id).await.unwrap();
    (id, DiskWriter::open(&fresh.shared, id).await.unwrap())
}

#[tokio::test]
async fn notes_survive_the_end_of_the_process() {
    let fresh = fresh();
    let (id, _) = begun(&fresh).await;
    for part in [2, 5] {
        fresh.mark(id, part).await.unwrap();
    }
    let next = in_life(&fresh, fresh.shared.ground.life);
    assert_eq!(next.marks(id).await.unwrap(), [2, 5]);
}

#[tokio::test]
async fn a_reboot_costs_the_notes_whose_bytes_may_not_be_on_the_disk() {
    let fresh = fresh();
    let (id, mut writer) = begun(&fresh).await;
    fresh.mark(id, 0).await.unwrap();
    writer.written_back().await;
    fresh.mark(id, 1).await.unwrap();
    assert_eq!(fresh.marks(id).await.unwrap(), [0, 1]);

    let next = after_a_reboot(&fresh);
    assert_eq!(next.marks(id).await.unwrap(), [0]);
    assert_eq!(next.lost(id).await.unwrap(), [1]);
    assert!(fresh.lost(id).await.unwrap().is_empty());
    next.mark(id, 2).await.unwrap();
    assert_eq!(next.marks(id).await.unwrap(), [0, 2], "the old note is not vouched for");
    assert_eq!(after_a_reboot(&fresh).marks(id).await.unwrap(), [0]);
}

#[tokio::test]
async fn a_reboot_costs_the_bytes_that_may_not_be_on_the_disk() {
    let fresh = fresh();
    let (id, mut writer) = begun(&fresh).await;
    assert_eq!(fresh.settle(id).await.unwrap(), 0);
    writer.write(0, Bytes::from_static(b"abc")).await.unwrap();
    writer.written_back().await;
    writer.write(3, Bytes::from_static(b"def")).await.unwrap();
    let killed = in_life(&fresh, fresh.shared.ground.life);
    assert_eq!(killed.settle(id).await.unwrap(), 6);

    let next = after_a_reboot(&fresh);
    assert_eq!(next.settle(id).await.unwrap(), 3);
    assert_eq!(next.length(id).await.unwrap(), 3);
    let mut writer = next.open(id).await.unwrap();
    writer.write(3, Bytes::from_static(b"xy")).await.unwrap();
    assert_eq!(next.settle(id).await.unwrap(), 5);
    assert_eq!(after_a_reboot(&fresh).settle(id).await.unwrap(), 3);
}

#[tokio::test]
async fn a_file_that_begins_again_has_no_certain_bytes() {
    let fresh = fresh();
    let (id, mut writer) = begun(&fresh).await;
    fresh.settle(id).await.unwrap();
    writer.write(0, Bytes::from_static(b"abc")).await.unwrap();
    writer.written_back().await;
    fresh.remove_bytes(id).await.unwrap();
    fresh.begin(id).await.unwrap();
    let mut writer = DiskWriter::open(&fresh.shared, id).await.unwrap();
    fresh.settle(id).await.unwrap();
    writer.write(0, Bytes::from_static(b"xyz")).await.unwrap();
    assert_eq!(after_a_reboot(&fresh).settle(id).await.unwrap(), 0);
}

#[tokio::test]
async fn a_note_that_was_cut_short_is_written_over() {
    let fresh = fresh();
    let (id, _) = begun(&fresh).await;
    fresh.mark(id, 3).await.unwrap();
    let log = fresh.folder.path().join(id.to_string()).join("marks");
    let whole = fs::read(&log).unwrap();
    for cut in 1..whole.len() {
        fs::write(&log, [&whole[..], &whole[..cut]].concat()).unwrap();
        assert_eq!(fresh.marks(id).await.unwrap(), [3]);
        fresh.mark(id, 4).await.unwrap();
        assert_eq!(fresh.marks(id).await.unwrap(), [3, 4], "cut at {cut}");
    }
}

#[tokio::test]
async fn every_note_costs_the_same() {
    let fresh = fresh();
    let (id, _) = begun(&fresh).await;
    let log = fresh.folder.path().join(id.to_string()).join("marks");
    let mut length = 0;
    for part in [0, 100_000, 1, u64::MAX] {
        fresh.mark(id, part).await.unwrap();
        let longer = fs::metadata(&log).unwrap().len();
        assert_eq!(longer - length, 32, "for {part}");
        length = longer;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_note_outlives_bytes_that_could_not_be_made_durable() {
    let fresh = fresh();
    for seal in [true, false] {
        let id = created(&fresh).await;
        let data = fresh.folder.path().join(id.to_string()).join("data");
        // Takes every byte and cannot be synced.
        std::os::unix::fs::symlink("/dev/null", &data).unwrap();
        let mut writer = DiskWriter::open(&fresh.shared, id).await.unwrap();
        fresh.mark(id, 0).await.unwrap();
        if seal {
            writer.seal(3).await.unwrap_err();
        } else {
            writer.written_back().await;
        }
        assert!(fresh.marks(id).await.unwrap().is_empty());
        assert!(matches!(fresh.mark(id, 1).await, Err(StoreError::Io(_))));
        let next = in_life(&fresh, fresh.shared.ground.life);
        assert!(next.marks(id).await.unwrap().is_empty(), "also for the next process");
    }
}

#[tokio::test]
async fn a_sync_says_nothing_about_notes_that_were_made_after_all_were_forgotten() {
    let fresh = fresh();
    let (id, _) = begun(&fresh).await;
    fresh.mark(id, 0).await.unwrap();
    let covered = fresh.shared.noted(id, 0).unwrap().unwrap();
    // While the bytes are on their way to the disk, another file begins.
    fresh.unmark(id).await.unwrap();
    fresh.mark(id, 1).await.unwrap();
    fresh.shared.note_synced(id, &covered).unwrap();
    assert_eq!(fresh.marks(id).await.unwrap(), [1]);
    assert!(after_a_reboot(&fresh).marks(id).await.unwrap().is_empty());
}

/// A file system whose folders are on different devices; notes what happens to names.
#[derive(Debug, Default)]
struct Devices(Mutex<Vec<String>>);

impl Devices {
    fn note(&self, deed: &str, path: &Path) {
        let name = path.file_name().unwrap().to_string_lossy();
        self.0.lock().unwrap().push(format!("{deed} {name}"));
    }
}

impl FileSystem for Devices {
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if from.parent() != to.parent() {
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        self.note("name", to);
        Native.rename(from, to)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.note("sync", path);
        Native.sync_dir(path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.note("remove", path);
        Native.remove_file(path)
    }
}

#[test]
fn a_file_is_removed_from_its_device_only_after_it_is_on_the_other_for_good() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (data, folder) = (here.path().join("data"), there.path().join("arrived"));
    fs::write(&data, "abc").unwrap();
    fs::create_dir(&folder).unwrap();
    let devices = Devices::default();
    let to = folder.join("a");
    assert_eq!(moving::rename(&devices, &data, &to).unwrap(), None);
    let mut copy = moving::Copy::begin(&devices, &data, &to).unwrap();
    while copy.go_on(&devices).unwrap() {}
    copy.finish(&devices, &to).unwrap();
    assert_eq!(*devices.0.lock().unwrap(), ["name a", "sync arrived", "remove data"]);
    assert_eq!(fs::read(folder.join("a")).unwrap(), b"abc");
    assert!(!data.exists());
}
