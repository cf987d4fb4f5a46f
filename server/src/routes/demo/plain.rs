//! A plain upload in one request: what benchmarks compare with.

use std::io;
use std::path::Path;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::Demo;
use super::refusal::Refusal;

/// What arrived.
#[derive(Serialize)]
pub(super) struct Received {
    size: u64,
}

/// Streams the body to disk, makes it durable, answers, and keeps nothing. The name in the
/// address is for the log of the browser only.
pub(super) async fn upload(
    State(demo): State<Demo>,
    body: Body,
) -> Result<Json<Received>, Refusal> {
    let path = demo.plain.join(Uuid::new_v4().to_string());
    let received = receive(&path, body).await;
    let _ = tokio::fs::remove_file(&path).await;
    match received {
        Ok(size) => Ok(Json(Received { size })),
        Err(error) => {
            tracing::warn!(%error, "a plain upload failed");
            Err(Refusal::BrokenOff)
        }
    }
}

async fn receive(path: &Path, body: Body) -> io::Result<u64> {
    let mut file = tokio::fs::File::create(path).await?;
    let mut chunks = body.into_data_stream();
    let mut size = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(io::Error::other)?;
        file.write_all(&chunk).await?;
        size += chunk.len() as u64;
    }
    file.flush().await?;
    file.sync_all().await?;
    Ok(size)
}
