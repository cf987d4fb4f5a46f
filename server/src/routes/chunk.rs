//! A chunk of a file as the file of a form.

use super::form::{Form, FormError};
use crate::Services;
use crate::uploads::{ChunkError, Plan, Slot};

/// Puts the bytes of a chunk to their place, or makes sure that they are there.
///
/// # Errors
/// When they cannot be read or there is no place for them.
pub(super) async fn take<E>(
    services: &Services,
    form: &mut Form,
    plan: &Plan<'_>,
    index: u64,
    range: std::ops::Range<u64>,
) -> Result<(), E>
where
    E: From<FormError> + From<ChunkError>,
{
    let slot = services.uploads.slot(plan, index, range.clone()).await?;
    form.expect(range.end - range.start);
    match slot {
        Slot::There => while form.next().await?.is_some() {},
        Slot::Room(mut writer) => {
            while let Some(bytes) = form.next().await? {
                writer.append(bytes).await?;
            }
            writer.finish().await?;
        }
    }
    Ok(())
}
