//! The parts of a form: parameters, and the file.

use axum::body::Bytes;
use multer::{Field, Multipart};

use super::disposition::Disposition;
use super::source::SourceError;
use super::{Fields, FormError, MAX_FIELDS_SIZE};
use crate::parameters::text;

/// The file of a form.
pub(super) struct Part {
    field: Field<'static>,
    filename: Option<String>,
}

impl Part {
    /// The name that the file is said to have.
    pub(super) fn filename(&self) -> Option<&str> {
        self.filename.as_deref()
    }

    /// The next bytes.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FormError> {
        self.field.chunk().await.map_err(broken)
    }

    /// Reads what comes after the file.
    pub(super) async fn end(self, mut multipart: Multipart<'static>) -> Result<(), FormError> {
        drop(self.field);
        while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
            while field.chunk().await.map_err(broken)?.is_some() {}
        }
        Ok(())
    }
}

/// The parameters before the file, and the file.
pub(super) async fn read(
    multipart: &mut Multipart<'static>,
    fields: &mut Fields,
) -> Result<Option<Part>, FormError> {
    while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
        let Disposition { name, filename } = Disposition::read(field.headers());
        if filename.is_some() {
            return Ok(Some(Part { field, filename }));
        }
        let mut value = Vec::new();
        while let Some(bytes) = field.chunk().await.map_err(broken)? {
            value.extend_from_slice(&bytes);
            if value.len() > MAX_FIELDS_SIZE {
                return Err(FormError::FieldsTooLarge);
            }
        }
        fields.add(name, text(&value))?;
    }
    Ok(None)
}

fn broken(error: multer::Error) -> FormError {
    match error {
        multer::Error::StreamReadFailed(cause) => {
            cause.downcast::<SourceError>().map_or(FormError::Cut, |error| (*error).into())
        }
        multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteFieldData { .. } => FormError::Cut,
        _ => FormError::NoForm,
    }
}
