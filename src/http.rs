//! Requests of the protocols, with what the page adds to each. File bytes leave by XMLHttpRequest,
//! because only it tells how many have left; everything else by fetch, and everything if the page
//! wants it so.

mod answer;
mod fetch;
mod form;
mod given;
mod xhr;

use std::cell::Cell;
use std::rc::Rc;

use incoming_protocol::http::{Body, MediaType, Request, Response, is_upgrade};
use incoming_protocol::{Error, Event, joined};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Blob};

use self::given::{Headers, NamedValue, given, names_and_values, set_header};
use crate::endpoint::{Address, authorization, is_mixed, resolve};
use crate::error::words_of;
use crate::file;
use crate::page::{Page, is_function_here};

const CONTENT_TYPE: &str = "Content-Type";

/// What one request needs to leave.
pub(crate) struct Exchange {
    pub(crate) page: Page,
    pub(crate) request: Request,
    pub(crate) signal: AbortSignal,
    /// The server has moved to `https:`, as an earlier answer has shown.
    pub(crate) is_upgraded: Rc<Cell<bool>>,
}

/// A request as browsers take it.
struct Ready {
    method: String,
    url: String,
    headers: Headers,
    body: JsValue,
    /// Whether cookies go to other origins; `None` if not even to this one.
    with_credentials: Option<bool>,
    signal: AbortSignal,
}

/// Why there is no answer. Boxed, because every `?` moves it.
type Failure = Box<Error>;

impl Exchange {
    /// Sends the request and waits for the answer; `loaded` is told how many bytes have left.
    ///
    /// # Errors
    /// A loss if there was no answer, whatever the page's functions say, and a misuse for what can
    /// never leave.
    pub(crate) async fn send(self, loaded: impl Fn(u64) + 'static) -> Result<Response, Failure> {
        let (mut headers, mut params) = (Vec::new(), Vec::new());
        if !self.request.is_bare {
            headers = given(&self.page, "headers", &self.signal).await?;
            params = given(&self.page, "params", &self.signal).await?;
        }
        let ready = self.prepare(headers, params)?;
        let range = self.request.body.range();
        let (has_bytes, whole) = (range.is_some(), 0..file::size_of(&self.page.file()));
        // Of a slice browsers read nothing when the file has changed; of the file itself they read what it
        // has become. Of what is empty they read nothing, so that a folder would arrive as an empty file.
        if range == Some(&whole) {
            self.check_file().await?;
        }
        let answer = if self.is_by_xhr() {
            xhr::send(&ready, &self.request.wants, Box::new(loaded)).await
        } else {
            fetch::send(&ready, &self.request.wants).await
        };
        let answer = answer.map_err(|failure| explained(failure, &ready.url))?;
        if has_bytes {
            self.check_upgrade(&ready.url, &answer.url)?;
            // A change while it was read is only seen afterwards.
            self.check_file().await?;
        }
        let function = self.page.option("is_stored");
        let is_stored = answer::is_stored(&self.signal, &function, &answer).await?;
        Ok(answer.into_response(ready.url, is_stored))
    }

    async fn check_file(&self) -> Result<(), Failure> {
        match file::check(&self.page.file()).await {
            Event::FileUnreadable(why) => Err(Error::FileChanged(why).into()),
            _ => Ok(()),
        }
    }

    /// A redirect to `https:` may have lost the bytes: most make another request of it, without a body.
    fn check_upgrade(&self, asked: &str, url: &str) -> Result<(), Failure> {
        if !is_upgrade(asked, url) {
            return Ok(());
        }
        self.is_upgraded.set(true);
        Err(Error::Lost("the server redirects to https:, where it is sent again".to_owned()).into())
    }

    fn is_by_xhr(&self) -> bool {
        // It always has cookies for the page's own server.
        self.request.body.range().is_some()
            && !self.request.is_bare
            && self.page.option("transport").as_string().as_deref() != Some("fetch")
            && is_function_here("XMLHttpRequest")
    }

    fn prepare(&self, headers: Vec<NamedValue>, params: Vec<NamedValue>) -> Result<Ready, Failure> {
        let address = self.address()?;
        let headers = self.headers(&address, headers)?;
        let params = names_and_values(params)?;
        let with_credentials = self.page.option("with_credentials").as_bool() == Some(true);
        Ok(Ready {
            method: self.request.method.clone(),
            url: self.url(&address, &params),
            headers,
            body: self.body(&params),
            with_credentials: (!self.request.is_bare).then_some(with_credentials),
            signal: self.signal.clone(),
        })
    }

    fn headers(&self, address: &Address, given: Vec<NamedValue>) -> Result<Headers, Failure> {
        let headers = Headers::new();
        if let Some(value) = authorization(address).map_err(|thrown| misuse(&thrown))? {
            set_header(&headers, "Authorization", &value.into())?;
        }
        for (name, value) in self.own_headers() {
            set_header(&headers, name, &value.into())?;
        }
        for NamedValue { name, value } in &given {
            // It would hide where the parts of a form begin.
            if !(self.is_form() && name.eq_ignore_ascii_case(CONTENT_TYPE)) {
                set_header(&headers, name, value)?;
            }
        }
        Ok(headers)
    }

    /// The headers that are not the page's.
    fn own_headers(&self) -> Vec<(&'static str, &str)> {
        let mut headers = Vec::new();
        for (name, value) in &self.request.headers {
            headers.push((*name, value.as_str()));
        }
        if let Some(media_type) = self.media_type() {
            headers.push((CONTENT_TYPE, media_type));
        }
        headers
    }

    fn is_form(&self) -> bool {
        matches!(self.request.body, Body::Form(_) | Body::Multipart { .. })
    }

    /// What has to be said of the body, because the browser says nothing or something else.
    fn media_type(&self) -> Option<&'static str> {
        match &self.request.body {
            Body::Bytes { media_type: MediaType::Of(media_type), .. }
            | Body::Text { media_type, .. } => Some(media_type),
            _ => None,
        }
    }

    fn address(&self) -> Result<Address, Failure> {
        let url = &self.request.url;
        let no_url = || Error::Misuse(joined(&["expected a URL, found '", url, "'"]));
        let address = resolve(url).ok_or_else(no_url)?;
        if self.is_upgraded.get() && !self.request.is_bare {
            address.change("protocol", "https:");
        }
        Ok(address)
    }

    /// The whole address, as the browser writes it and takes it.
    fn url(&self, address: &Address, params: &[(String, String)]) -> String {
        for part in ["hash", "username", "password"] {
            address.change(part, "");
        }
        let query = form::query(&self.request.query, params);
        if !query.is_empty() {
            let search = address.part("search");
            let between = if search.is_empty() { "" } else { "&" };
            address.change("search", &joined(&[&search, between, &query]));
        }
        address.part("href")
    }

    fn body(&self, params: &[(String, String)]) -> JsValue {
        let file = self.page.file();
        match &self.request.body {
            Body::Empty => JsValue::UNDEFINED,
            Body::Text { text, .. } => text.into(),
            Body::Bytes { range, media_type } => part_of(&file, range, *media_type).into(),
            Body::Form(fields) => form::encoded_form(fields, params),
            Body::Multipart { fields, part } => {
                let bytes = part_of(&file, &part.range, part.media_type);
                form::multipart(fields, params, part, &bytes)
            }
        }
    }
}

fn part_of(file: &Blob, range: &std::ops::Range<u64>, media_type: MediaType) -> Blob {
    let media_type = match media_type {
        MediaType::OfFile => None,
        MediaType::Of(media_type) => Some(media_type),
    };
    file::slice(file, range, media_type)
}

/// Only the console is told why a browser lets nothing leave; a policy of the page may still make it
/// `https:`.
fn explained(failure: Failure, url: &str) -> Failure {
    match *failure {
        Error::Lost(words) if is_mixed(url) => {
            let hint = "; browsers block http: in a page that was loaded over https:";
            Error::Lost(joined(&[&words, hint])).into()
        }
        _ => failure,
    }
}

/// What throws before a request leaves will always throw.
fn misuse(thrown: &JsValue) -> Failure {
    Error::Misuse(words_of(thrown)).into()
}
