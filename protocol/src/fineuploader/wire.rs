//! The requests.

use crate::digest::digit;
use crate::http::{Body, Field, MediaType, Part, Request, RequestId, before, in_a_part};
use crate::options::{Job, RawOptions};
use crate::pieces::Layout;
use crate::random::random_uuid;
use crate::{decimal, joined};

/// A parameter, as a position in the list of names.
#[derive(Clone, Copy, Debug)]
enum Name {
    Input,
    Uuid,
    Filename,
    TotalSize,
    PartIndex,
    PartOffset,
    PartSize,
    TotalParts,
    Resuming,
}

/// By which option a parameter gets another name, and the name that it has.
const NAMES: [(&str, &str); 9] = [
    ("input_name", "qqfile"),
    ("uuid_name", "qquuid"),
    ("filename_param", "qqfilename"),
    ("total_file_size_name", "qqtotalfilesize"),
    ("part_index", "qqpartindex"),
    ("part_byte_offset", "qqpartbyteoffset"),
    ("chunk_size", "qqchunksize"),
    ("total_parts", "qqtotalparts"),
    ("resuming", "qqresume"),
];
/// So many of them are options of their own; the others are in the group `param_names`.
const OWN_NAMES: usize = 4;

/// How requests are written.
#[derive(Debug)]
pub struct Wire {
    endpoint: String,
    success_endpoint: Option<String>,
    delete_endpoint: String,
    deletes_by_post: bool,
    uuid: String,
    filename: String,
    media_type: String,
    names: Vec<String>,
    is_multipart: bool,
    has_params_in_body: bool,
    /// Every chunk says which one it is.
    is_chunked: bool,
    /// The upload was begun in another page, and nothing has succeeded in this one.
    is_resuming: bool,
}

impl Wire {
    /// Takes the options out that say how requests are written.
    pub fn new(job: &Job, own: &mut RawOptions, is_chunked: bool, seed: u64) -> Wire {
        let has_params_in_body = own.flag("params_in_body", true);
        let methods = "'DELETE' or 'POST'";
        let deletes_by_post = own.take_second("delete_method", ["DELETE", "POST"], methods);
        Wire {
            endpoint: job.endpoint.clone(),
            success_endpoint: own.text("success_endpoint").filter(|_| is_chunked),
            delete_endpoint: own.text("delete_endpoint").unwrap_or_else(|| job.endpoint.clone()),
            deletes_by_post,
            uuid: job.ticket.clone().unwrap_or_else(|| random_uuid(seed)),
            filename: job.name.clone(),
            media_type: job.media_type.clone(),
            names: names(own),
            is_multipart: own.flag("force_multipart", true) || has_params_in_body,
            has_params_in_body,
            is_chunked,
            is_resuming: false,
        }
    }

    /// Where the server is told that all chunks are there, if it is to be told.
    pub fn success_endpoint(&self) -> Option<&str> {
        self.success_endpoint.as_deref()
    }

    /// What the server knows the upload by.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// This is what it knows the upload by, which an earlier page may have begun.
    pub fn resume(&mut self, uuid: String, is_begun: bool) {
        self.uuid = uuid;
        self.is_resuming = is_begun;
    }

    /// A request has succeeded, or the server has lost what it had.
    pub fn note_resumed(&mut self) {
        self.is_resuming = false;
    }

    /// The server calls a file that came in one request by this name.
    pub fn rename(&mut self, uuid: &str) {
        if !self.is_chunked {
            uuid.clone_into(&mut self.uuid);
        }
    }

    /// Sends a chunk, or the file.
    pub fn upload(&self, id: RequestId, layout: Layout, index: u64) -> Request {
        let range = layout.range(index);
        let mut fields = vec![extra()];
        if self.is_chunked {
            fields.push(self.number(Name::PartIndex, index));
            fields.push(self.number(Name::PartOffset, range.start));
            fields.push(self.number(Name::PartSize, range.end - range.start));
            fields.push(self.number(Name::TotalParts, layout.count()));
            fields.push(self.number(Name::TotalSize, layout.size));
            fields.push(self.filename());
            if self.is_resuming {
                fields.push(self.field(Name::Resuming, "true".to_owned()));
            }
            fields.push(self.uuid_field());
        } else {
            fields.push(self.uuid_field());
            fields.push(self.filename());
            if self.is_multipart {
                fields.push(self.number(Name::TotalSize, layout.size));
            }
        }
        let mut request = Wire::request(id, &self.endpoint, Body::Empty);
        if !self.is_multipart {
            fields.push(self.field(Name::Input, self.filename.clone()));
            request.headers.push(("X-Mime-Type", self.media_type.clone()));
            request.body = Body::Bytes { range, media_type: MediaType::OCTETS };
            request.query.fields = fields;
            return request;
        }
        if !self.has_params_in_body {
            request.query.fields = std::mem::take(&mut fields);
        }
        let (filename, media_type) = if self.is_chunked {
            ("blob".to_owned(), MediaType::OCTETS)
        } else {
            (in_a_part(&self.filename), MediaType::OfFile)
        };
        let name = self.names[Name::Input as usize].clone();
        let part = Part { name, filename: Some(filename), range, media_type };
        request.body = Body::Multipart { fields, part };
        request
    }

    /// Says that all chunks are there.
    pub fn finish(&self, id: RequestId, url: &str, layout: Layout) -> Request {
        let fields = vec![
            extra(),
            self.uuid_field(),
            self.filename(),
            self.number(Name::TotalSize, layout.size),
            self.number(Name::TotalParts, layout.count()),
        ];
        let mut request = Wire::request(id, url, Body::Form(fields));
        request.headers.truncate(1);
        request
    }

    /// Removes the file.
    pub fn remove(&self, id: RequestId) -> Request {
        let mut request = Wire::request(id, &self.delete_endpoint, Body::Empty);
        if self.deletes_by_post {
            let method = Field::new("_method", "DELETE");
            request.body = Body::Form(vec![extra(), self.uuid_field(), method]);
            return request;
        }
        request.url = below(&request.url, &self.uuid);
        "DELETE".clone_into(&mut request.method);
        request.query.fields.push(extra());
        request
    }

    /// True if this status says that the file is removed.
    pub fn is_removal(&self, status: u16) -> bool {
        matches!(status, 200 | 202 | 204) || self.deletes_by_post && matches!(status, 201 | 203)
    }

    fn request(id: RequestId, url: &str, body: Body) -> Request {
        let headers = [
            ("Accept", "application/json"),
            ("X-Requested-With", "XMLHttpRequest"),
            ("Cache-Control", "no-cache"),
        ];
        let mut request = Request::new(id, "POST", url, body);
        request.query.plus = true;
        request.headers = headers.map(|(name, value)| (name, value.to_owned())).into();
        request
    }

    fn uuid_field(&self) -> Field {
        self.field(Name::Uuid, self.uuid.clone())
    }

    fn filename(&self) -> Field {
        self.field(Name::Filename, self.filename.clone())
    }

    fn number(&self, name: Name, number: u64) -> Field {
        self.field(name, decimal(number))
    }

    fn field(&self, name: Name, value: String) -> Field {
        Field::Pair(self.names[name as usize].clone(), value)
    }
}

fn extra() -> Field {
    Field::Extra(String::new())
}

fn names(own: &mut RawOptions) -> Vec<String> {
    let mut group = own.group("param_names");
    let mut names = Vec::new();
    for (position, (option, default)) in NAMES.into_iter().enumerate() {
        let given = if position < OWN_NAMES { &mut *own } else { &mut group };
        names.push(given.text(option).unwrap_or_else(|| default.to_owned()));
    }
    own.end_group(group);
    names
}

/// The address of this name below another address, whose query it keeps.
fn below(url: &str, name: &str) -> String {
    let path = before(url, b'?');
    let mut address = joined(&[path, "/"]);
    name.bytes().for_each(|byte| push_escaped(&mut address, byte));
    address.push_str(url.get(path.len()..).unwrap_or_default());
    address
}

/// A uuid that the caller chose may have characters that end a path.
fn push_escaped(url: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || byte == b'-' {
        return url.push(byte.into());
    }
    url.push('%');
    url.extend([byte >> 4, byte].map(digit));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_path_is_escaped() {
        assert_eq!(below("/x", "a-1/..?ü"), "/x/a-1%2f%2e%2e%3f%c3%bc");
    }

    #[test]
    fn a_name_goes_into_the_path_and_the_query_stays() {
        assert_eq!(below("/x?token=1", "u-1"), "/x/u-1?token=1");
        assert_eq!(below("http://test/x?a=/y&b=?", "u-1"), "http://test/x/u-1?a=/y&b=?");
    }
}
