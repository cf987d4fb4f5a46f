//! What every store promises. A back end runs all of it with
//! `conformance::suite!(f)`, `f` making a pointer to a new, empty store.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use uuid::Uuid;

use super::{Store, StoreError};
use crate::uploads::{Backend, Document, FileInfo, Secret, State};

/// One test for each promise.
macro_rules! suite {
    ($store:expr) => {
        $crate::store::conformance::suite!($store;
            a_document_is_found_again
            an_unknown_upload_has_no_document
            an_id_is_taken_once
            a_document_is_replaced_by_who_holds_its_version
            of_two_who_hold_the_same_version_one_wins
            bytes_stay_where_they_were_written
            bytes_are_read_where_they_were_written
            a_writer_knows_which_bytes_are_there
            bytes_need_a_file
            beginning_again_changes_nothing
            an_empty_file_is_a_file
            only_a_file_of_the_declared_size_is_sealed
            bytes_go_and_the_document_stays
            a_writer_notices_that_its_bytes_are_gone
            a_forgotten_upload_leaves_its_bytes
            a_removed_upload_is_gone
            all_uploads_are_listed
            writing_is_activity
            parts_are_noted_in_any_order_and_more_than_once
            notes_go_with_the_upload
            notes_go_with_the_bytes
            notes_are_forgotten_and_the_bytes_stay
            a_file_that_is_made_has_no_parts
            bytes_are_taken_out_once
        );
    };
    ($store:expr; $($promise:ident)*) => {
        $(#[tokio::test]
        async fn $promise() {
            let store = $store();
            $crate::store::conformance::$promise(&*store).await;
        })*
    };
}
pub(super) use suite;

pub(super) fn document() -> Document {
    let backend = Backend {
        finish_url: "http://a.example/".to_owned(),
        secret: Secret::new("hush"),
        remove_when_finished: true,
    };
    Document::new(Uuid::new_v4(), backend, SystemTime::now())
}

async fn created(store: &dyn Store) -> Uuid {
    let document = document();
    store.create(&document).await.unwrap();
    store.begin(document.id).await.unwrap();
    document.id
}

async fn write(store: &dyn Store, id: Uuid, offset: u64, bytes: &'static [u8]) {
    let mut writer = store.open(id).await.unwrap();
    writer.write(offset, Bytes::from_static(bytes)).await.unwrap();
}

async fn wrote(store: &dyn Store, bytes: &'static [u8]) -> Uuid {
    let id = created(store).await;
    write(store, id, 0, bytes).await;
    id
}

pub(super) async fn a_document_is_found_again(store: &dyn Store) {
    let mut document = document();
    document.file = Some(FileInfo { size: u64::MAX, name: "ü\"\\🎉".to_owned() });
    document.state = State::Cancelled { reason: "because".to_owned() };
    let version = store.create(&document).await.unwrap();
    assert_eq!(store.load(document.id).await.unwrap(), Some((document, version)));
}

pub(super) async fn an_unknown_upload_has_no_document(store: &dyn Store) {
    assert_eq!(store.load(Uuid::new_v4()).await.unwrap(), None);
    assert_eq!(store.last_activity(Uuid::new_v4()).await.unwrap(), None);
    let document = document();
    let (other, version) = (created(store).await, store.create(&document).await.unwrap());
    let stranger = Document { id: Uuid::new_v4(), ..document };
    let replaced = store.replace(&stranger, version).await;
    assert!(matches!(replaced, Err(StoreError::NotFound(id)) if id == stranger.id && id != other));
}

pub(super) async fn an_id_is_taken_once(store: &dyn Store) {
    let document = document();
    store.create(&document).await.unwrap();
    assert!(matches!(store.create(&document).await, Err(StoreError::Exists(_))));
}

pub(super) async fn a_document_is_replaced_by_who_holds_its_version(store: &dyn Store) {
    let mut document = document();
    let first = store.create(&document).await.unwrap();
    document.state = State::HandingOver;
    let second = store.replace(&document, first).await.unwrap();
    assert_eq!(store.load(document.id).await.unwrap(), Some((document.clone(), second)));
    assert!(matches!(store.replace(&document, first).await, Err(StoreError::Conflict(_))));
    document.state = State::Finished;
    store.replace(&document, second).await.unwrap();
}

pub(super) async fn of_two_who_hold_the_same_version_one_wins(store: &dyn Store) {
    let document = document();
    let mut version = store.create(&document).await.unwrap();
    for _ in 0..20 {
        let (a, b) =
            tokio::join!(store.replace(&document, version), store.replace(&document, version));
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        version = a.or(b).unwrap();
    }
}

pub(super) async fn bytes_stay_where_they_were_written(store: &dyn Store) {
    let id = created(store).await;
    let mut writer = store.open(id).await.unwrap();
    writer.write(4, Bytes::from_static(b"efgh")).await.unwrap();
    assert_eq!(store.length(id).await.unwrap(), 8);
    writer.write(0, Bytes::from_static(b"abcd")).await.unwrap();
    assert_eq!(store.length(id).await.unwrap(), 8);
    let mut writer = store.open(id).await.unwrap();
    writer.write(8, Bytes::from_static(b"i")).await.unwrap();
    assert_eq!(store.length(id).await.unwrap(), 9);
    writer.seal(9).await.unwrap();
}

pub(super) async fn bytes_are_read_where_they_were_written(store: &dyn Store) {
    let id = created(store).await;
    store.open(id).await.unwrap().write(3, Bytes::from_static(b"defg")).await.unwrap();
    assert_eq!(store.read(id, 4..6).await.unwrap(), "ef");
    assert_eq!(store.read(id, 0..4).await.unwrap(), "\0\0\0d");
    assert_eq!(store.read(id, 5..99).await.unwrap(), "fg", "no more is there");
    assert!(store.read(id, 7..9).await.unwrap().is_empty());
    assert!(matches!(store.read(Uuid::new_v4(), 0..1).await, Err(StoreError::NotFound(_))));
}

pub(super) async fn a_writer_knows_which_bytes_are_there(store: &dyn Store) {
    let id = wrote(store, b"abcdef").await;
    let mut writer = store.open(id).await.unwrap();
    for (offset, bytes, is_there) in [
        (0, &b"abcdef"[..], true),
        (2, b"cd", true),
        (2, b"cx", false),
        (4, b"efg", false),
        (9, b"a", false),
        (6, b"", true),
    ] {
        let found = writer.has(offset, Bytes::from_static(bytes)).await.unwrap();
        assert_eq!(found, is_there, "{bytes:?} at {offset}");
    }
    writer.write(6, Bytes::from_static(b"g")).await.unwrap();
    assert!(writer.has(0, Bytes::from_static(b"abcdefg")).await.unwrap());
    assert_eq!(store.length(id).await.unwrap(), 7);
}

pub(super) async fn bytes_need_a_file(store: &dyn Store) {
    let document = document();
    store.create(&document).await.unwrap();
    let id = document.id;
    assert!(matches!(store.open(id).await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.length(id).await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.begin(Uuid::new_v4()).await, Err(StoreError::NotFound(_))));
}

pub(super) async fn beginning_again_changes_nothing(store: &dyn Store) {
    let id = wrote(store, b"abc").await;
    store.begin(id).await.unwrap();
    assert_eq!(store.length(id).await.unwrap(), 3);
}

pub(super) async fn an_empty_file_is_a_file(store: &dyn Store) {
    let id = created(store).await;
    assert_eq!(store.length(id).await.unwrap(), 0);
    store.open(id).await.unwrap().seal(0).await.unwrap();
    assert!(store.remove_bytes(id).await.unwrap());
}

pub(super) async fn only_a_file_of_the_declared_size_is_sealed(store: &dyn Store) {
    let id = wrote(store, b"abc").await;
    let mut writer = store.open(id).await.unwrap();
    for expected in [2, 4] {
        let sealed = writer.seal(expected).await;
        assert!(matches!(sealed, Err(StoreError::WrongLength { found: 3, .. })), "{sealed:?}");
    }
    writer.seal(3).await.unwrap();
}

pub(super) async fn bytes_go_and_the_document_stays(store: &dyn Store) {
    let id = wrote(store, b"abc").await;
    assert!(store.remove_bytes(id).await.unwrap());
    assert!(!store.remove_bytes(id).await.unwrap());
    assert!(matches!(store.length(id).await, Err(StoreError::NotFound(_))));
    assert!(store.load(id).await.unwrap().is_some());
}

pub(super) async fn a_writer_notices_that_its_bytes_are_gone(store: &dyn Store) {
    let id = created(store).await;
    let mut writer = store.open(id).await.unwrap();
    store.remove_bytes(id).await.unwrap();
    let written = writer.write(0, Bytes::from_static(b"x")).await;
    assert!(matches!(written, Err(StoreError::NotFound(_))), "{written:?}");
    assert!(matches!(writer.seal(0).await, Err(StoreError::NotFound(_))));
}

pub(super) async fn a_forgotten_upload_leaves_its_bytes(store: &dyn Store) {
    let id = wrote(store, b"abc").await;
    store.forget(id).await.unwrap();
    assert_eq!(store.load(id).await.unwrap(), None);
    assert_eq!(store.list().await.unwrap(), []);
    assert_eq!(store.length(id).await.unwrap(), 3);
    store.forget(id).await.unwrap();
}

pub(super) async fn a_removed_upload_is_gone(store: &dyn Store) {
    let id = wrote(store, b"abc").await;
    store.remove(id).await.unwrap();
    store.remove(id).await.unwrap();
    assert_eq!(store.load(id).await.unwrap(), None);
    assert_eq!(store.list().await.unwrap(), []);
    assert!(matches!(store.length(id).await, Err(StoreError::NotFound(_))));
}

pub(super) async fn all_uploads_are_listed(store: &dyn Store) {
    let mut ids = vec![created(store).await, created(store).await, wrote(store, b"abc").await];
    let mut listed: Vec<Uuid> = store.list().await.unwrap().iter().map(|u| u.id).collect();
    ids.sort();
    listed.sort();
    assert_eq!(listed, ids);
}

pub(super) async fn writing_is_activity(store: &dyn Store) {
    let id = created(store).await;
    let before = store.last_activity(id).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    write(store, id, 0, b"abc").await;
    let after = store.last_activity(id).await.unwrap().unwrap();
    assert!(after > before);
    assert_eq!(store.list().await.unwrap()[0].last_activity, after);
}

pub(super) async fn parts_are_noted_in_any_order_and_more_than_once(store: &dyn Store) {
    let (id, other) = (created(store).await, created(store).await);
    assert!(store.marks(id).await.unwrap().is_empty());
    for part in [3, 0, 100_000, 3] {
        store.mark(id, part).await.unwrap();
    }
    assert_eq!(store.marks(id).await.unwrap(), [0, 3, 100_000]);
    assert!(store.marks(other).await.unwrap().is_empty());
    assert_eq!(store.length(id).await.unwrap(), 0, "a note is no byte of the file");
}

pub(super) async fn notes_go_with_the_upload(store: &dyn Store) {
    let document = document();
    store.create(&document).await.unwrap();
    store.mark(document.id, 1).await.unwrap();
    store.remove(document.id).await.unwrap();
    assert!(store.marks(document.id).await.unwrap().is_empty());
    assert!(matches!(store.mark(document.id, 1).await, Err(StoreError::NotFound(_))));
    store.create(&document).await.unwrap();
    assert!(store.marks(document.id).await.unwrap().is_empty());
}

pub(super) async fn notes_go_with_the_bytes(store: &dyn Store) {
    let id = wrote(store, b"abc").await;
    store.mark(id, 1).await.unwrap();
    store.remove_bytes(id).await.unwrap();
    assert!(store.marks(id).await.unwrap().is_empty());
    store.begin(id).await.unwrap();
    assert!(store.marks(id).await.unwrap().is_empty());
}

pub(super) async fn notes_are_forgotten_and_the_bytes_stay(store: &dyn Store) {
    let id = wrote(store, b"abc").await;
    store.mark(id, 1).await.unwrap();
    for _ in 0..2 {
        store.unmark(id).await.unwrap();
        assert!(store.marks(id).await.unwrap().is_empty());
    }
    assert_eq!(store.length(id).await.unwrap(), 3);
    store.mark(id, 2).await.unwrap();
    assert_eq!(store.marks(id).await.unwrap(), [2]);
}

pub(super) async fn a_file_that_is_made_has_no_parts(store: &dyn Store) {
    let folder = tempfile::TempDir::new().unwrap();
    let id = wrote(store, b"abc").await;
    store.mark(id, 1).await.unwrap();
    store.begin(id).await.unwrap();
    assert_eq!(store.marks(id).await.unwrap(), [1], "it is there already");
    store.take_out(id, &folder.path().join("out")).await.unwrap();
    store.begin(id).await.unwrap();
    assert!(store.marks(id).await.unwrap().is_empty());
}

pub(super) async fn bytes_are_taken_out_once(store: &dyn Store) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("out");
    let id = wrote(store, b"abc").await;
    store.take_out(id, &path).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"abc");
    assert!(matches!(store.take_out(id, &path).await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.length(id).await, Err(StoreError::NotFound(_))));
    assert!(store.load(id).await.unwrap().is_some());
}
