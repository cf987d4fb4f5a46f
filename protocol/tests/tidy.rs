//! The borders inside the house that no crate border enforces.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file below a folder with one of these endings, with its text.
fn sources(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.extension().is_some_and(|e| e == *ending)) {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

/// A protocol's folder has its prose in `mod.rs`; others belong to the file of their name.
fn protocol_folders() -> Vec<String> {
    let entries = fs::read_dir(root().join("protocol/src")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let folders = paths.filter(|path| path.join("mod.rs").is_file());
    folders.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn no_protocol_imports_another() {
    for folder in protocol_folders() {
        for (path, text) in sources(&format!("protocol/src/{folder}"), &["rs"]) {
            for other in protocol_folders().iter().filter(|other| **other != folder) {
                let imports = format!("crate::{other}");
                assert!(!text.contains(&imports), "{} imports {other}", path.display());
            }
        }
    }
}

#[test]
fn only_the_list_of_protocols_names_every_protocol() {
    for (path, text) in sources("src", &["rs"]) {
        for folder in protocol_folders() {
            let imports = format!("incoming_protocol::{folder}");
            assert!(!text.contains(&imports), "{} knows {folder}", path.display());
        }
        for list in text.split("use incoming_protocol::{").skip(1) {
            let names = list.split(';').next().unwrap_or_default();
            let mut names = names.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let protocol = names.find(|name| protocol_folders().iter().any(|it| it == name));
            assert_eq!(protocol, None, "{}", path.display());
        }
    }
}

#[test]
fn a_machine_reads_no_clock_and_does_no_io() {
    let forbidden = ["Instant", "SystemTime", "std::fs", "std::net", "std::thread", "js_sys"];
    for (path, text) in sources("protocol/src", &["rs"]) {
        for word in forbidden {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_page_uses_the_built_package_and_nothing_else_of_the_house() {
    for (path, text) in sources("www", &["js", "html"]) {
        for folder in ["../js/", "../src/", "#glue", "_bg.wasm"] {
            assert!(!text.contains(folder), "{} reaches for {folder}", path.display());
        }
    }
}

#[test]
fn no_file_has_more_than_one_subject() {
    let folders = [
        ("digest", "rs"),
        ("protocol", "rs"),
        ("src", "rs"),
        ("server", "rs"),
        ("js", "js"),
        ("www", "js"),
    ];
    for (folder, ending) in folders {
        for (path, text) in sources(folder, &[ending]) {
            let lines = text.lines().count();
            assert!(lines <= 500, "{} has {lines} lines", path.display());
        }
    }
}
