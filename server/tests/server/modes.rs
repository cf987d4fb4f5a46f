//! Who may read what the server keeps.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::common::chunks::{Cut, stored};
use crate::common::{Backend, CHUNK, Reply, Server, bytes};

/// The modes of all files and folders in a folder, by what they are.
fn modes(folder: &Path, found: &mut BTreeMap<String, u32>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.metadata().unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let (id, extension) = name.split_once('.').unwrap_or((name, ""));
        let is_id = id.len() == 36;
        let what = match (is_id, metadata.is_dir()) {
            (false, _) => name.to_owned(),
            (true, true) => "folder".to_owned(),
            (true, false) => format!("arrived {extension}"),
        };
        let mode = metadata.permissions().mode() & 0o7777;
        assert!(found.insert(what, mode).is_none_or(|other| other == mode), "{path:?}");
        if metadata.is_dir() {
            modes(&path, found);
        }
    }
}

/// All that a server keeps, uploads that are under way and files that have arrived.
async fn kept(server: &Server) -> BTreeMap<String, u32> {
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 3 * CHUNK, "a").await;
    browser.chunk(&bytes(CHUNK)).await;
    server.send_all(&Cut::new("b", b"xyz", CHUNK)).await;
    let cut = Cut::new("c", &bytes(3 * CHUNK), CHUNK);
    assert_eq!(server.send(&cut, 1).await, stored());
    let mut found = BTreeMap::new();
    modes(&server.storage(), &mut found);
    found
}

fn all(file: u32, folder: u32) -> BTreeMap<String, u32> {
    let found = [
        ("arrived", folder),
        ("arrived ", file),
        ("arrived json", file),
        ("data", file),
        ("folder", folder),
        ("lock", file),
        ("marks", file),
        ("upload.json", 0o600),
    ];
    found.into_iter().map(|(name, mode)| (name.to_owned(), mode)).collect()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn nobody_else_reads_anything_by_default() {
    let server = Server::start().await;
    assert_eq!(kept(&server).await, all(0o600, 0o700));
    assert_eq!(mode(&server.storage()), 0o700);
}

#[tokio::test]
async fn files_have_the_mode_that_is_set_and_notes_about_uploads_stay_private() {
    let server = Server::with(|config| config.file_mode = "0660".parse().unwrap()).await;
    assert_eq!(kept(&server).await, all(0o660, 0o770));
    assert_eq!(mode(&server.storage()), 0o770);
}

#[tokio::test]
async fn a_folder_that_somebody_has_made_keeps_its_mode_and_hands_its_group_down() {
    let folder = TempDir::new().unwrap();
    let storage = folder.path().join("storage");
    std::fs::create_dir(&storage).unwrap();
    let handing_down = std::fs::Permissions::from_mode(0o2755);
    std::fs::set_permissions(&storage, handing_down).unwrap();
    let server = Server::over(folder, |config| config.file_mode = "0640".parse().unwrap()).await;
    let kept = kept(&server).await;
    assert_eq!((kept["folder"], kept["data"]), (0o2750, 0o640));
    assert_eq!(mode(&server.storage()), 0o2755);
}
