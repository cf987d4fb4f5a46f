//! MD5 of what has arrived, so that a visitor can compare.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::Demo;
use super::arrived::{Entry, Stage};
use crate::fingerprint;
use crate::uploads::CallError;

/// How often the end is reported to a server that is not ready to hear of it.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// Hashes what an earlier process has left unhashed.
pub(super) fn resume(demo: &Demo) {
    let entries = match demo.arrived.entries() {
        Ok(entries) => entries,
        Err(error) => return tracing::error!(%error, "the demo cannot list its files"),
    };
    for Entry { shown, secret, .. } in entries {
        if let Some(secret) = secret {
            tokio::spawn(hash_and_finish(demo.clone(), shown.id, secret));
        }
    }
}

pub(super) async fn hash_and_finish(demo: Demo, id: Uuid, secret: String) {
    if let Err(error) = hash(&demo, id).await {
        return tracing::error!(%id, %error, "the demo cannot hash a file");
    }
    finish(&demo, id, &secret).await;
}

/// Hashes a file that came without a ticket, unless that is being done.
pub(super) fn begin(demo: &Demo, id: Uuid) {
    let under_way = Arc::clone(&demo.hashing);
    if !lock(&under_way).insert(id) {
        return;
    }
    let demo = demo.clone();
    tokio::spawn(async move {
        if let Err(error) = hash(&demo, id).await {
            tracing::error!(%id, %error, "the demo cannot hash a file");
        }
        lock(&under_way).remove(&id);
    });
}

fn lock(under_way: &Mutex<HashSet<Uuid>>) -> MutexGuard<'_, HashSet<Uuid>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn hash(demo: &Demo, id: Uuid) -> io::Result<()> {
    let file = tokio::fs::File::open(demo.arrived.file(id)).await?.into_std().await;
    let size = file.metadata()?.len();
    let md5 = fingerprint::of_file(Arc::new(file), 0..size).await?;
    let mut entry = demo.arrived.read(id)?;
    entry.shown.md5 = Some(md5.as_str().to_owned());
    entry.shown.state = Stage::Stored;
    demo.arrived.write(&entry).await
}

/// A small file is hashed before the server has read that it has to wait.
async fn finish(demo: &Demo, id: Uuid, secret: &str) {
    for _ in 0..TRIES {
        match demo.uploads.finish(&id.hyphenated().to_string(), secret).await {
            Ok(()) | Err(CallError::Unknown) => return forget_secret(demo, id).await,
            Err(error) => tracing::debug!(%id, %error, "not finished yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    tracing::warn!(%id, "the demo could not finish an upload");
}

async fn forget_secret(demo: &Demo, id: Uuid) {
    let forgotten = async {
        let entry = Entry { secret: None, ..demo.arrived.read(id)? };
        demo.arrived.write(&entry).await
    };
    if let Err(error) = forgotten.await {
        tracing::error!(%id, %error, "the demo cannot note the end of an upload");
    }
}
