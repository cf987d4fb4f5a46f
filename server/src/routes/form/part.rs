//! The parts of a form: parameters, and the file.

use axum::body::Bytes;
use bytes::BytesMut;
use multer::{Field, Multipart};

use super::data_url::{self, Decoder};
use super::disposition::Disposition;
use super::source::SourceError;
use super::{Fields, FormError, MAX_FIELDS_SIZE};
use crate::parameters::text;

/// The file of a form.
pub(super) struct Part {
    field: Field<'static>,
    filename: Option<String>,
    /// What came of it before it was known to be the file.
    first: Bytes,
    /// How it is written, if not as it is.
    decoder: Option<Decoder>,
}

impl Part {
    /// The name that the file is said to have.
    pub(super) fn filename(&self) -> Option<&str> {
        self.filename.as_deref()
    }

    /// Whether it is written as text.
    pub(super) fn is_text(&self) -> bool {
        self.decoder.is_some()
    }

    /// The next bytes, as they are written.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FormError> {
        if self.first.is_empty() {
            return self.field.chunk().await.map_err(broken);
        }
        Ok(Some(std::mem::take(&mut self.first)))
    }

    /// Adds bytes as they are, if they are written as something else; otherwise it returns them.
    pub(super) fn decode(&mut self, bytes: Bytes, into: &mut BytesMut) -> Result<Bytes, FormError> {
        let Some(decoder) = &mut self.decoder else { return Ok(bytes) };
        decoder.decode(&bytes, into)?;
        Ok(Bytes::new())
    }

    /// Reads what comes after the file.
    pub(super) async fn end(self, mut multipart: Multipart<'static>) -> Result<(), FormError> {
        if let Some(decoder) = self.decoder {
            decoder.finish()?;
        }
        drop(self.field);
        while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
            while field.chunk().await.map_err(broken)?.is_some() {}
        }
        Ok(())
    }
}

/// The parameters before the file, and the file, which may be the text of a `data:` URL where a
/// parameter of this name is none.
pub(super) async fn read(
    multipart: &mut Multipart<'static>,
    fields: &mut Fields,
    is_no_parameter: impl Fn(&str) -> bool,
) -> Result<Option<Part>, FormError> {
    while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
        let Disposition { name, filename } = Disposition::read(field.headers());
        if filename.is_some() {
            return Ok(Some(Part { field, filename, first: Bytes::new(), decoder: None }));
        }
        let may_be_file = is_no_parameter(&name);
        let mut value = Vec::new();
        while let Some(bytes) = field.chunk().await.map_err(broken)? {
            value.extend_from_slice(&bytes);
            if let Some(start) = data_url::head(&value).filter(|_| may_be_file) {
                return Ok(Some(written(field, value.split_off(start))));
            }
            if value.len() > MAX_FIELDS_SIZE {
                return Err(FormError::FieldsTooLarge);
            }
        }
        if may_be_file && data_url::is_of_nothing(&value) {
            return Ok(Some(written(field, Vec::new())));
        }
        fields.add(name, text(&value))?;
    }
    Ok(None)
}

fn written(field: Field<'static>, first: Vec<u8>) -> Part {
    let decoder = Some(Decoder::default());
    Part { field, filename: None, first: first.into(), decoder }
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
