//! The promises of every store, and those of the disk alone.

use std::fs;
use std::ops::Deref;

use bytes::Bytes;
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
