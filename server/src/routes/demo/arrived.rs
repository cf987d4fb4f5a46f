//! The files that the demo has taken: the bytes under the ticket's name, what is known of them
//! in a JSON file beside them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::refusal::Refusal;
use super::{Demo, hashing};
use crate::uploads::Document;

/// The folder of arrived files.
#[derive(Debug)]
pub(super) struct Arrived {
    folder: PathBuf,
}

/// What is known of an arrived file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) shown: Shown,
    /// Of a file that came without a ticket: when its bytes were written last.
    #[serde(default)]
    pub(super) arrived_ms: u64,
    /// What finishes the upload, kept until it is finished.
    pub(super) secret: Option<String>,
    /// What others have noted.
    #[serde(flatten)]
    pub(super) more: Map<String, Value>,
}

/// What a visitor sees of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Shown {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) size: u64,
    #[serde(default)]
    pub(super) md5: Option<String>,
    #[serde(default)]
    pub(super) state: Stage,
}

/// How far the demo is with a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    #[default]
    Hashing,
    Stored,
}

/// All files, the newest first.
pub(super) async fn list(State(demo): State<Demo>) -> Result<Json<Vec<Shown>>, Refusal> {
    let arrived = Arc::clone(&demo.arrived);
    let entries = tokio::task::spawn_blocking(move || arrived.entries()).await;
    let mut entries =
        entries.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|error| {
            tracing::error!(%error, "the demo cannot list its files");
            Refusal::Internal
        })?;
    for entry in &entries {
        // Those with a ticket are hashed by who took them over.
        if entry.shown.md5.is_none() && entry.secret.is_none() {
            hashing::begin(&demo, entry.shown.id);
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.arrived_ms));
    Ok(Json(entries.into_iter().map(|entry| entry.shown).collect()))
}

impl Arrived {
    pub(super) fn new(folder: PathBuf) -> Arrived {
        Arrived { folder }
    }

    /// Moves a file here. A second time for the same file it is here already.
    pub(super) async fn take(&self, document: &Document, location: &str) -> io::Result<()> {
        let file = self.file(document.id);
        if tokio::fs::try_exists(&file).await? {
            return Ok(());
        }
        let info = document.file.clone().ok_or(io::ErrorKind::InvalidInput)?;
        let entry = Entry {
            shown: Shown {
                id: document.id,
                name: info.name,
                size: info.size,
                md5: None,
                state: Stage::Hashing,
            },
            arrived_ms: unix_ms(SystemTime::now()),
            secret: Some(document.backend.secret.reveal().to_owned()),
            more: Map::new(),
        };
        self.write(&entry).await?;
        tokio::fs::rename(location, &file).await
    }

    pub(super) async fn write(&self, entry: &Entry) -> io::Result<()> {
        let path = self.note(entry.shown.id);
        let fresh = path.with_extension("json.new");
        tokio::fs::write(&fresh, serde_json::to_vec_pretty(entry)?).await?;
        tokio::fs::rename(&fresh, &path).await
    }

    pub(super) fn read(&self, id: Uuid) -> io::Result<Entry> {
        read(&self.note(id))
    }

    /// All that are whole; one that cannot be read is skipped.
    pub(super) fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for found in std::fs::read_dir(&self.folder)? {
            let path = found?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match read(&path) {
                Ok(mut entry) => {
                    let Ok(file) = std::fs::metadata(self.file(entry.shown.id)) else { continue };
                    if entry.arrived_ms == 0 {
                        entry.arrived_ms = file.modified().map(unix_ms).unwrap_or_default();
                    }
                    entries.push(entry);
                }
                Err(error) => tracing::warn!(%error, path = %path.display(), "note skipped"),
            }
        }
        Ok(entries)
    }

    pub(super) fn file(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.hyphenated().to_string())
    }

    fn note(&self, id: Uuid) -> PathBuf {
        self.file(id).with_extension("json")
    }
}

fn read(path: &Path) -> io::Result<Entry> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
