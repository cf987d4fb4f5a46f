//! The requests.

use super::dialect::{Dialect, Parameter};
use crate::digest::digit;
use crate::http::{Body, Field, MediaType, Part, Request, RequestId, in_a_part};
use crate::options::{Job, RawOptions};
use crate::pieces::Layout;
use crate::{Json, decimal, joined};

/// How requests are written.
#[derive(Debug)]
pub struct Wire {
    dialect: Dialect,
    endpoint: String,
    /// The file's own parameters; those of a chunk are added.
    file: FileParameters,
    /// The names that the caller gave, and those that are left out.
    names: Vec<Option<String>>,
    namespace: String,
    part_name: String,
    is_octet: bool,
    upload_method: String,
    test_method: String,
}

#[derive(Debug)]
struct FileParameters {
    identifier: String,
    name: String,
    relative_path: String,
    media_type: String,
}

impl Wire {
    /// Takes the options out that say how requests are written.
    pub fn new(dialect: Dialect, job: &Job, own: &mut RawOptions) -> Wire {
        let methods = "'multipart' or 'octet'";
        let is_octet = own.take_second("method", ["multipart", "octet"], methods);
        let mut group = own.group("parameter_names");
        let names = names(dialect, &mut group);
        own.end_group(group);
        let upload_method = own.text("upload_method").unwrap_or_else(|| "POST".to_owned());
        if ["GET", "HEAD"].iter().any(|method| upload_method.eq_ignore_ascii_case(method)) {
            own.reject("upload_method", "a method whose requests have a body, such as 'PUT',");
        }
        let mut text =
            |name: &str, default: &str| own.text(name).unwrap_or_else(|| default.to_owned());
        Wire {
            dialect,
            endpoint: job.endpoint.clone(),
            file: FileParameters::of(job),
            upload_method,
            test_method: text("test_method", "GET"),
            part_name: text("file_parameter_name", "file"),
            namespace: text("parameter_namespace", ""),
            names,
            is_octet,
        }
    }

    /// What the server knows the file by.
    pub fn identifier(&self) -> &str {
        &self.file.identifier
    }

    /// This is what the server knows the file by.
    pub fn identify(&mut self, identifier: String) {
        self.file.identifier = identifier;
    }

    /// Asks whether the server has a chunk.
    pub fn test(&self, id: RequestId, layout: Layout, index: u64) -> Request {
        let mut fields = vec![self.extra()];
        self.add_parameters(layout, index, &mut fields);
        self.request(id, &self.test_method, fields, Body::Empty)
    }

    /// Sends a chunk.
    pub fn upload(&self, id: RequestId, layout: Layout, index: u64) -> Request {
        let range = layout.range(index);
        if self.is_octet {
            let media_type = self.media_type();
            let body = Body::Bytes { range, media_type };
            return self.request(id, &self.upload_method, self.fields(layout, index), body);
        }
        let part = Part {
            name: joined(&[&self.namespace, &self.part_name]),
            filename: Some(in_a_part(&self.file.name)),
            range,
            media_type: self.media_type(),
        };
        let query = match self.dialect {
            Dialect::Resumable => self.fields(layout, index),
            Dialect::Flow => Vec::new(),
        };
        let fields = self.fields(layout, index);
        self.request(id, &self.upload_method, query, Body::Multipart { fields, part })
    }

    fn media_type(&self) -> MediaType {
        match self.dialect {
            Dialect::Resumable => MediaType::OCTETS,
            Dialect::Flow => MediaType::OfFile,
        }
    }

    fn request(&self, id: RequestId, method: &str, fields: Vec<Field>, body: Body) -> Request {
        let mut request = Request::new(id, method, &self.endpoint, body);
        request.query.fields = fields;
        request
    }

    fn extra(&self) -> Field {
        Field::Extra(self.namespace.clone())
    }

    /// The parameters of the file and of a chunk, and those of the caller.
    fn fields(&self, layout: Layout, index: u64) -> Vec<Field> {
        let mut fields = Vec::new();
        if self.dialect == Dialect::Flow {
            fields.push(self.extra());
        }
        self.add_parameters(layout, index, &mut fields);
        if self.dialect == Dialect::Resumable {
            fields.push(self.extra());
        }
        fields
    }

    fn add_parameters(&self, layout: Layout, index: u64, fields: &mut Vec<Field>) {
        for (parameter, name) in Parameter::ALL.iter().zip(&self.names) {
            if let Some(name) = name {
                let name = joined(&[&self.namespace, name]);
                fields.push(Field::Pair(name, self.value(*parameter, layout, index)));
            }
        }
    }

    fn value(&self, parameter: Parameter, layout: Layout, index: u64) -> String {
        let range = layout.range(index);
        match parameter {
            Parameter::ChunkNumber => decimal(index + 1),
            Parameter::ChunkSize => decimal(layout.chunk_size),
            Parameter::CurrentChunkSize => decimal(range.end - range.start),
            Parameter::TotalSize => decimal(layout.size),
            Parameter::Type => self.file.media_type.clone(),
            Parameter::Identifier => self.file.identifier.clone(),
            Parameter::Filename => self.file.name.clone(),
            Parameter::RelativePath => self.file.relative_path.clone(),
            Parameter::TotalChunks => decimal(layout.count()),
        }
    }
}

impl FileParameters {
    fn of(job: &Job) -> FileParameters {
        let path = &job.relative_path;
        FileParameters {
            identifier: job.ticket.clone().unwrap_or_else(|| identifier(job.size, path)),
            name: job.name.clone(),
            relative_path: path.clone(),
            media_type: job.media_type.clone(),
        }
    }
}

/// The longest identifier that is made of a path: servers name files by it.
const LONGEST: usize = 200;
/// So much of a longer one stays as it is.
const KEPT: usize = 160;

/// What both originals know a file by unless they are told otherwise. Two files of the same size
/// whose names differ only in other characters have the same. One of a very long path ends with a
/// number that is made of all of the path.
pub fn identifier(size: u64, path: &str) -> String {
    let mut identifier = joined(&[&decimal(size), "-"]);
    for c in path.chars() {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            identifier.push(c);
        }
    }
    if identifier.len() > LONGEST {
        identifier.truncate(KEPT);
        identifier.push('-');
        let number = number_of(path);
        for place in (0..16).rev() {
            identifier.push(digit((number >> (4 * place) & 15) as u8));
        }
    }
    identifier
}

/// FNV-1a of 64 bits.
fn number_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |number, byte| {
        (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn names(dialect: Dialect, given: &mut RawOptions) -> Vec<Option<String>> {
    let mut names = Vec::new();
    for parameter in Parameter::ALL {
        names.push(match given.take(parameter.option()) {
            None => dialect.name(parameter),
            Some(Json::Bool(false)) => None,
            Some(Json::Text(name)) => Some(name).filter(|name| !name.is_empty()),
            Some(_) => {
                given.reject(parameter.option(), "a string or false");
                None
            }
        });
    }
    names
}
