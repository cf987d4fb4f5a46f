//! Whose answers count.

use crate::http::{Response, before};
use crate::{Answers, Error, joined};

/// Which answers of success prove that what was sent is stored.
///
/// A portal, a login page or a page for errors answers with a success as well, and a file of which a
/// chunk went there would be lost in silence.
#[derive(Debug)]
pub struct Trust {
    answers: Answers,
    /// A status of success is all that a chunk is answered with.
    by_status: bool,
    /// A server of ours has the upload, and shows it with every answer.
    is_ours: bool,
}

impl Trust {
    /// Of answers to chunks in which the status is the only proof, or in which the body is one.
    pub fn new(answers: Answers, by_status: bool) -> Trust {
        Trust { answers, by_status, is_ours: false }
    }

    /// Takes note of who has answered.
    pub fn heard(&mut self, response: &Response) {
        self.is_ours |= response.is_ours();
    }

    /// True if the status is the only proof of a chunk.
    pub fn is_by_status(&self) -> bool {
        self.by_status
    }

    /// Makes sure that a success proves that a chunk is stored.
    ///
    /// # Errors
    /// As [`check_status`](Trust::check_status), but for redirects where the body is the proof.
    pub fn check(&self, response: &Response) -> Result<(), Error> {
        if self.by_status { self.check_status(response) } else { self.check_source(response) }
    }

    /// Makes sure that a status of success proves that what was asked for is done.
    ///
    /// # Errors
    /// A refusal after a redirect; and that the server is unavailable if somebody else has answered, or
    /// if the caller's own function says that it is not stored.
    pub fn check_status(&self, response: &Response) -> Result<(), Error> {
        let is_elsewhere = response.is_redirected() && !response.is_ours();
        if is_elsewhere && !self.answers.follows_redirects {
            return Err(Error::Rejected(joined(&[
                before(&response.asked, b'?'),
                " was redirected to ",
                before(&response.url, b'?'),
                "; sign in again, or set redirects: 'follow' if that is meant",
            ])));
        }
        self.check_source(response)
    }

    fn check_source(&self, response: &Response) -> Result<(), Error> {
        let words = if self.is_ours && !response.is_ours() {
            "an answer that is not from the server that has the upload (a portal or a login page?): "
        } else if response.is_stored == Some(false) {
            "the page's is_stored says that it is not stored: "
        } else {
            return Ok(());
        };
        Err(Error::Unavailable(joined(&[words, &response.words()])))
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
