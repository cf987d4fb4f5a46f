//! A chunk of a file as the file of a form.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use incoming_protocol::Md5;

use super::digests::Digests;
use super::form::{Form, FormError};
use crate::Services;
use crate::fingerprint::Sum;
use crate::uploads::{ChunkError, Plan, Slot, Uploads};

/// Puts the bytes of a chunk to their place, or makes sure that they are there; finds out the
/// digests that were asked for. True if all chunks of the file are there now.
///
/// # Errors
/// When they cannot be read, are damaged, or there is no place for them.
pub(super) async fn take<E>(
    services: &Services,
    form: &mut Form,
    plan: &Plan<'_>,
    index: u64,
    range: Range<u64>,
    digests: &mut Digests,
) -> Result<bool, E>
where
    E: From<FormError> + From<ChunkError>,
{
    let uploads = &services.uploads;
    if let Some(damaged) = &digests.damaged {
        uploads.drop_damaged(plan, damaged).await?;
    }
    let mut slot = uploads.slot(plan, index, range.clone()).await?;
    let expected = range.end - range.start;
    form.expect(expected);
    let filled = fill::<E>(form, &mut slot, digests).await;
    digests.new_secret = new_secret(&slot);
    let (found, arrived) = filled?;
    if arrived != digests.content {
        digests.arrived = arrived;
        return Err(ChunkError::Damaged { from: range.start, to: range.end }.into());
    }
    if found < expected {
        return Err(ChunkError::TooShort { expected, found }.into());
    }
    let has_all;
    (has_all, digests.arrived) = end(uploads, slot, plan, range, arrived).await?;
    if digests.wants_file {
        digests.file = uploads.file_digest(plan).await?;
    }
    Ok(has_all)
}

/// That of the upload that a chunk has begun, which it may also do when it turns out to be another
/// file's.
fn new_secret(slot: &Slot) -> Option<String> {
    match slot {
        Slot::Room(writer) => writer.new_secret().map(str::to_owned),
        Slot::There => None,
    }
}

/// Puts all bytes to their place; says how many they are, and their MD5 if that is wanted.
async fn fill<E>(
    form: &mut Form,
    slot: &mut Slot,
    digests: &Digests,
) -> Result<(u64, Option<Md5>), E>
where
    E: From<FormError> + From<ChunkError>,
{
    if let Slot::Room(writer) = slot {
        if digests.content.is_some() {
            writer.keep_what_is_there().await;
        }
        writer.want_file_digest(digests.wants_file);
    }
    let (mut found, mut sum) = (0, digests.content.as_ref().map(|_| Sum::default()));
    while let Some(bytes) = form.next().await? {
        found += bytes.len() as u64;
        let (added, put) = tokio::join!(add(sum.take(), bytes.clone()), put(slot, bytes));
        sum = added.map_err(failed)?;
        put?;
    }
    Ok((found, sum.map(Sum::finish)))
}

/// Ends a chunk all of whose bytes have come: whether all chunks are there, and the MD5 of what is
/// kept, if it is certain.
async fn end(
    uploads: &Uploads,
    slot: Slot,
    plan: &Plan<'_>,
    range: Range<u64>,
    arrived: Option<Md5>,
) -> Result<(bool, Option<Md5>), ChunkError> {
    match (slot, arrived) {
        (Slot::Room(mut writer), arrived) => {
            if let Some(arrived) = &arrived {
                writer.compare_with_what_is_there(arrived).await?;
            }
            Ok((writer.finish().await?, arrived))
        }
        (Slot::There, Some(arrived)) => {
            let is_there = uploads.has_arrived_with(plan, range, &arrived).await?;
            Ok((true, is_there.then_some(arrived)))
        }
        (Slot::There, None) => Ok((true, None)),
    }
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
