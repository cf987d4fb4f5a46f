//! A request that carries bytes of a file: parameters in the query, in a form, or in both; the
//! bytes as a part of the form, or as the whole body.
//!
//! A form is read as a stream: first all parameters, then the file part, a bounded piece at a time.
//! The parts after the file are not looked at. Nothing is trusted before the last byte of the body
//! has come: a browser that gives up in the middle leaves a body that was cut.

mod data_url;
mod disposition;
mod heads;
mod part;
mod source;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header;
use bytes::BytesMut;
use futures_util::StreamExt as _;
use incoming_protocol::resumable::Dialect;
use incoming_protocol::resumable::dialect::Parameter;
use multer::Multipart;

use super::guard::is_authorized;
use super::meaning::{self, Contradiction, Pairs};
use crate::parameters::pairs;
use data_url::Undecodable;
use heads::Heads;
use part::Part;
use source::Source;

/// The most parameters that a query or a form may have.
const MAX_FIELDS: usize = 100;
/// How large their names and values may be together, in bytes.
const MAX_FIELDS_SIZE: usize = 64 * 1024;
/// How large everything but the file may be on the wire, in bytes.
const MAX_OVERHEAD: u64 = 192 * 1024;
/// Bytes are handed on in pieces at least this large, but for the last.
const PIECE: usize = 512 * 1024;

/// Why a request cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FormError {
    /// Too many parameters.
    #[error("expected at most {MAX_FIELDS} parameters")]
    TooManyFields,
    /// Too large parameters.
    #[error("expected at most {MAX_FIELDS_SIZE} bytes of parameters")]
    FieldsTooLarge,
    /// There is no file.
    #[error("expected a form with a file as its last part")]
    NoFile,
    /// More than there may be.
    #[error("the body is larger than the parameters say")]
    TooLarge,
    /// It ended too soon, or stopped coming.
    #[error("expected more of the body, it was cut or came to a halt, send it again")]
    Cut,
    /// The form says something else than the address, which is what was authorised.
    #[error(
        "expected the same {0} wherever it is said, in the address and in the form, under any name"
    )]
    Contradiction(String),
    /// It is no form.
    #[error("expected a form as its Content-Type says")]
    NoForm,
    /// The file came as text that cannot be decoded.
    #[error("expected the file in base64 without errors, as a browser writes a data: URL")]
    Undecodable,
}

/// A request, read up to the bytes of the file.
pub(super) struct Form {
    fields: Fields,
    source: Source,
    file: File,
}

/// The parameters of a request. The first value of a name counts, and the form before the query.
#[derive(Debug, Default)]
pub(super) struct Fields {
    values: Pairs,
    /// How many came from where they are being read, and how large they are together.
    count: usize,
    size: usize,
}

enum File {
    /// The whole body.
    Body,
    /// A part of a form.
    Part(Box<Part>, Multipart<'static>),
    /// It has been read.
    Over,
}

impl Fields {
    /// The parameters in the query of an address.
    pub(super) fn of_query(query: Option<&str>) -> Result<Fields, FormError> {
        let mut fields = Fields::default();
        fields.add_query(query)?;
        Ok(fields)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        meaning::value(&self.values, name)
    }

    fn add_query(&mut self, query: Option<&str>) -> Result<(), FormError> {
        (self.count, self.size) = (0, 0);
        for (name, value) in pairs(query.unwrap_or_default()) {
            self.add(name, value)?;
        }
        Ok(())
    }

    /// Adds the parameters in the query of an address. They are all that a hook has seen, so that
    /// nothing may contradict them if one has let the request in, nor may anything here contradict
    /// itself, under whatever name.
    pub(super) fn join_query(
        &mut self,
        query: Option<&str>,
        is_authorized: bool,
    ) -> Result<(), FormError> {
        if is_authorized {
            self.agree_with(query)?;
        }
        self.add_query(query)
    }

    /// Whether nothing in the query contradicts what is here.
    fn agree_with(&self, query: Option<&str>) -> Result<(), FormError> {
        let seen: Pairs = pairs(query.unwrap_or_default()).collect();
        let is_other = |pair: &&(String, String)| {
            seen.iter().any(|(name, _)| *name == pair.0) && !seen.contains(pair)
        };
        if let Some((name, _)) = self.values.iter().find(is_other) {
            return Err(FormError::Contradiction(name.clone()));
        }
        Ok(meaning::check(&[&self.values[..], &seen].concat())?)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), FormError> {
        self.count += 1;
        self.size += name.len() + value.len();
        if self.count > MAX_FIELDS {
            return Err(FormError::TooManyFields);
        }
        if self.size > MAX_FIELDS_SIZE {
            return Err(FormError::FieldsTooLarge);
        }
        self.values.push((name, value));
        Ok(())
    }
}

impl Form {
    /// Reads the parameters, those that come before the file.
    pub(super) async fn read(request: Request) -> Result<Form, FormError> {
        Form::read_where(request, |_| false).await
    }

    /// Reads the parameters; the file may be text in base64, as Resumable.js sends it that says
    /// `chunkFormat: 'base64'`: a part without a file name, and the only one that is no parameter in
    /// the address as well.
    pub(super) async fn read_with_text(request: Request) -> Result<Form, FormError> {
        let query: Pairs = pairs(request.uri().query().unwrap_or_default()).collect();
        let number = Dialect::Resumable.name(Parameter::ChunkNumber).unwrap_or_default();
        let is_resumable = meaning::value(&query, &number).is_some();
        let is_no_parameter = |name: &str| meaning::value(&query, name).is_none();
        Form::read_where(request, |name| is_resumable && is_no_parameter(name)).await
    }

    async fn read_where(
        request: Request,
        is_no_parameter: impl Fn(&str) -> bool,
    ) -> Result<Form, FormError> {
        let (parts, body) = request.into_parts();
        let content_type =
            parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
        let source = Source::new(body);
        let mut fields = Fields::default();
        let read = match boundary {
            None => Ok(File::Body),
            Some(boundary) => {
                let first_line = format!("--{boundary}");
                let heads = Heads::new(source.clone(), &boundary);
                let mut multipart = Multipart::new(heads, boundary);
                match part::read(&mut multipart, &mut fields, is_no_parameter).await {
                    Ok(Some(part)) => Ok(File::Part(Box::new(part), multipart)),
                    Ok(None) => Err(FormError::NoFile),
                    // What does not begin as a form was none, and never will be.
                    Err(FormError::Cut)
                        if source.is_over() && !source.begins_with(first_line.as_bytes()) =>
                    {
                        Err(FormError::NoForm)
                    }
                    Err(error) => Err(error),
                }
            }
        };
        let is_authorized = is_authorized(&parts.extensions);
        let file = read?;
        fields.join_query(parts.uri.query(), is_authorized)?;
        Ok(Form { fields, source, file })
    }

    /// The parameters.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The name that the file part says the file has.
    pub(super) fn filename(&self) -> Option<&str> {
        match &self.file {
            File::Part(part, _) => part.filename(),
            File::Body | File::Over => None,
        }
    }

    /// Whether it is a form, and not the bare bytes of a file.
    pub(super) fn is_multipart(&self) -> bool {
        matches!(self.file, File::Part(..))
    }

    /// Lets this many bytes of the file come.
    pub(super) fn expect(&mut self, bytes: u64) {
        let written = match &self.file {
            File::Part(part, _) if part.is_text() => bytes.div_ceil(3).saturating_mul(4),
            _ => bytes,
        };
        self.source.allow(written.saturating_add(MAX_OVERHEAD));
    }

    /// The next bytes of the file; `None` when all of the body has come, as it should.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FormError> {
        let mut piece = BytesMut::new();
        while piece.len() < PIECE {
            let Some(bytes) = self.some(&mut piece).await? else { break };
            if piece.is_empty() && bytes.len() >= PIECE {
                return Ok(Some(bytes));
            }
            piece.extend_from_slice(&bytes);
        }
        if !piece.is_empty() {
            return Ok(Some(piece.freeze()));
        }
        self.end().await?;
        Ok(None)
    }

    /// Some bytes, unless they were added to the piece, because they had to be decoded.
    async fn some(&mut self, piece: &mut BytesMut) -> Result<Option<Bytes>, FormError> {
        match &mut self.file {
            File::Body => self.source.next().await.transpose().map_err(|error| error.into()),
            File::Part(part, _) => match part.next().await? {
                Some(written) => part.decode(written, piece).map(Some),
                None => Ok(None),
            },
            File::Over => Ok(None),
        }
    }

    /// Reads what comes after the file.
    async fn end(&mut self) -> Result<(), FormError> {
        if let File::Part(part, multipart) = std::mem::replace(&mut self.file, File::Over) {
            part.end(multipart).await?;
        }
        while self.source.next().await.transpose()?.is_some() {}
        Ok(())
    }
}

impl From<Contradiction> for FormError {
    fn from(Contradiction(name): Contradiction) -> FormError {
        FormError::Contradiction(name)
    }
}

impl From<Undecodable> for FormError {
    fn from(_: Undecodable) -> FormError {
        FormError::Undecodable
    }
}

impl From<source::SourceError> for FormError {
    fn from(error: source::SourceError) -> FormError {
        match error {
            source::SourceError::TooLarge => FormError::TooLarge,
            source::SourceError::Cut => FormError::Cut,
        }
    }
}
