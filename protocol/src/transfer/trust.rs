//! Whose answers count.

use crate::http::{HAS_ALL_CHUNKS, Response, SECRET, before};
use crate::{Answers, Checkpoint, Error, joined};

/// Which answers of success prove that what was sent is stored.
///
/// A portal, a login page or a page for errors answers with a success as well, and a file of which a
/// chunk went there would be lost in silence.
#[derive(Debug)]
pub struct Trust {
    answers: Answers,
    /// A status of success is all that a chunk is answered with.
    by_status: bool,
    /// The address of a server of ours that has the upload, and shows it with every answer.
    server: Option<String>,
    /// Such a server has the upload: it has shown that in this page, or in an earlier one.
    is_marked: bool,
    /// What such a server has said when the upload began, by which it knows whose it is; empty as long
    /// as it has not.
    secret: String,
}

impl Trust {
    /// Of answers to chunks in which the status is the only proof, or in which the body is one.
    pub fn new(answers: Answers, by_status: bool) -> Trust {
        Trust { answers, by_status, server: None, is_marked: false, secret: String::new() }
    }

    /// Takes note of who has answered.
    pub fn heard(&mut self, response: &Response) {
        if !response.is_ours() {
            return;
        }
        if let Some(secret) = response.header(SECRET) {
            self.secret = secret.to_owned();
        }
        if self.server.is_none() {
            self.server = Some(before(&response.asked, b'?').to_owned());
            self.is_marked = true;
        }
    }

    /// True if the server that has the upload is one of ours.
    pub fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// By what the server knows whose the upload is; empty if it has not said it.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// An earlier page has found out whether the server is one of ours, and what it says then.
    pub fn recall(&mut self, checkpoint: &Checkpoint) {
        self.is_marked |= checkpoint.is_marked();
        self.secret.clone_from(&checkpoint.secret);
    }

    /// Makes sure that a success proves that a chunk is stored.
    ///
    /// # Errors
    /// A refusal after a redirect, where the status is the proof; and that the server is unavailable if
    /// somebody else has answered, or if the caller's own function says that it is not stored.
    pub fn check(&self, response: &Response) -> Result<(), Error> {
        if self.by_status {
            self.check_address(response)?;
            check_route(response)?;
        }
        self.check_mark(response)?;
        check_with_caller(response)
    }

    /// Makes sure that what cannot be understood is at least from who was asked.
    ///
    /// # Errors
    /// As [`check`](Trust::check), in any protocol.
    pub fn check_sender(&self, response: &Response) -> Result<(), Error> {
        self.check_address(response)?;
        self.check_mark(response)?;
        check_with_caller(response)
    }

    /// Makes sure that a status of success proves that something was done which is no chunk. The
    /// caller may have that done by another server, which shows no mark.
    ///
    /// # Errors
    /// As [`check`](Trust::check).
    pub fn check_aside(&self, response: &Response) -> Result<(), Error> {
        self.check_address(response)?;
        let asked = before(&response.asked, b'?');
        if self.server.as_ref().is_some_and(|server| is_below(asked, server)) {
            self.check_mark(response)?;
        }
        check_with_caller(response)
    }

    fn check_address(&self, response: &Response) -> Result<(), Error> {
        let is_elsewhere = response.is_redirected() && !response.is_ours();
        if !is_elsewhere || self.answers.follows_redirects {
            return Ok(());
        }
        Err(Error::Rejected(joined(&[
            before(&response.asked, b'?'),
            " was redirected to ",
            if response.has_bounced {
                "another address and back"
            } else {
                before(&response.url, b'?')
            },
            "; sign in again, or set redirects: 'follow' if that is meant",
        ])))
    }

    fn check_mark(&self, response: &Response) -> Result<(), Error> {
        let words = "this is not the server that has the upload (a portal or a login page?): ";
        let is_other = self.is_marked && !response.is_ours();
        if is_other { Err(unproven(words, response)) } else { Ok(()) }
    }

    /// What it means that a server refuses in these words, as long as it does not say itself that
    /// trying again is useless.
    pub fn refused(&self, words: String) -> Error {
        let is_tried_again = self.answers.retries_refusals;
        if is_tried_again { Error::Unavailable(words) } else { Error::Rejected(words) }
    }

    /// True if a server refuses a request for good by its status.
    pub fn is_refusal(&self, response: &Response) -> bool {
        response.refuses() && !self.answers.retries_refusals
    }
}

/// Servers of ours say with a success what it is about.
fn check_route(response: &Response) -> Result<(), Error> {
    let says = |name| response.json.as_ref().is_some_and(|json| json.member(name).is_some());
    if !response.is_ours() || says(HAS_ALL_CHUNKS) || says("success") {
        return Ok(());
    }
    let words = "the address is none of this protocol: ";
    Err(Error::Rejected(joined(&[words, &response.words()])))
}

fn check_with_caller(response: &Response) -> Result<(), Error> {
    let words = "the page's is_stored says that it is not stored: ";
    let is_refused = response.is_stored == Some(false);
    if is_refused { Err(unproven(words, response)) } else { Ok(()) }
}

fn unproven(words: &str, response: &Response) -> Error {
    Error::Unavailable(joined(&[words, &response.words()]))
}

/// True for an address and what is below it.
fn is_below(url: &str, address: &str) -> bool {
    let rest = url.strip_prefix(address);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || address.ends_with('/'))
}
