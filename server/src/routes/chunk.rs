//! A chunk of a file as the file of a form.

use std::io;

use bytes::Bytes;

use super::digests::Digests;
use super::form::{Form, FormError};
use crate::Services;
use crate::fingerprint::Sum;
use crate::uploads::{ChunkError, Plan, Slot};

/// Puts the bytes of a chunk to their place, or makes sure that they are there; finds out the
/// digests that were asked for.
///
/// # Errors
/// When they cannot be read, are damaged, or there is no place for them.
pub(super) async fn take<E>(
    services: &Services,
    form: &mut Form,
    plan: &Plan<'_>,
    index: u64,
    range: std::ops::Range<u64>,
    digests: &mut Digests,
) -> Result<(), E>
where
    E: From<FormError> + From<ChunkError>,
{
    let uploads = &services.uploads;
    if let Some(damaged) = &digests.damaged {
        uploads.drop_damaged(plan, damaged).await?;
    }
    let mut slot = uploads.slot(plan, index, range.clone()).await?;
    form.expect(range.end - range.start);
    let mut sum = digests.content.as_ref().map(|_| Sum::default());
    if let Slot::Room(writer) = &mut slot {
        if sum.is_some() {
            writer.keep_what_is_there().await;
        }
        writer.want_file_digest(digests.wants_file);
    }
    while let Some(bytes) = form.next().await? {
        let (added, put) = tokio::join!(add(sum.take(), bytes.clone()), put(&mut slot, bytes));
        sum = added.map_err(failed)?;
        put?;
    }
    let arrived = sum.map(Sum::finish);
    if arrived != digests.content {
        digests.arrived = arrived;
        return Err(ChunkError::Damaged { from: range.start, to: range.end }.into());
    }
    if let Slot::Room(mut writer) = slot {
        if let Some(arrived) = &arrived {
            writer.compare_with_what_is_there(arrived).await?;
        }
        writer.finish().await?;
        digests.arrived = arrived;
    } else if let Some(arrived) = arrived {
        let is_there = uploads.has_arrived_with(plan, range, &arrived).await?;
        digests.arrived = is_there.then_some(arrived);
    }
    if digests.wants_file {
        digests.file = uploads.file_digest(plan).await?;
    }
    Ok(())
}

async fn add(sum: Option<Sum>, bytes: Bytes) -> io::Result<Option<Sum>> {
    match sum {
        Some(sum) => sum.add(bytes).await.map(Some),
        None => Ok(None),
    }
}

async fn put(slot: &mut Slot, bytes: Bytes) -> Result<(), ChunkError> {
    match slot {
        Slot::Room(writer) => writer.append(bytes).await,
        Slot::There => Ok(()),
    }
}

fn failed(error: io::Error) -> ChunkError {
    error.into()
}
