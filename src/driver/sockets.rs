//! What protocols over a WebSocket ask for.

use std::ops::Range;
use std::rc::Rc;

use incoming_protocol::{Attempt, Event, Json, Notice};

use super::Driver;
use crate::attempt::Due;
use crate::error::words_of;
use crate::file;
use crate::page::Page;
use crate::socket::Socket;

/// How often the browser's queue is looked at while there is something in it.
const LOOK_EVERY_MS: f64 = 100.0;

impl Driver {
    pub(super) fn connect(self: &Rc<Self>, page: &Rc<Page>, attempt: Attempt, url: &str) {
        match Socket::open(url, self, attempt) {
            Ok(socket) => self.current.borrow_mut().socket = Some(socket),
            Err(thrown) => return self.heard(attempt, Event::Refused(words_of(&thrown))),
        }
        // Nothing is read of what is empty, so that a folder would arrive as an empty file.
        if file::size_of(&page.file()) == 0 {
            self.check_file(page, attempt, false);
        }
    }

    pub(super) fn send(&self, message: &Json) {
        self.with_socket(|socket| socket.send(message));
    }

    pub(super) fn send_range(self: &Rc<Self>, page: &Page, attempt: Attempt, range: &Range<u64>) {
        let bytes = file::slice(&page.file(), range, None);
        self.with_socket(|socket| socket.send_blob(&bytes));
        self.keep_looking(attempt);
    }

    fn with_socket(&self, act: impl FnOnce(&Socket)) {
        if let Some(socket) = &self.current.borrow().socket {
            act(socket);
        }
    }

    /// Looks again and again while bytes are on their way: nothing reports when they leave the
    /// browser's queue, and nothing at all when they stand still.
    fn keep_looking(self: &Rc<Self>, attempt: Attempt) {
        if !self.current.borrow().waits_for(Due::Look) {
            self.wait(attempt, Due::Look, LOOK_EVERY_MS);
        }
    }

    pub(super) fn look(self: &Rc<Self>, attempt: Attempt) {
        self.current.borrow_mut().forget(Due::Look);
        let link = self.measure();
        let steps = self.upload.borrow_mut().handle(attempt, Event::Measured(link));
        self.carry_out(steps);
        if self.attempt() != attempt {
            return;
        }
        self.show_rate();
        if self.upload.borrow().view().bytes_ahead() + link.waiting > 0 {
            self.keep_looking(attempt);
        }
    }

    /// Tells the page when only the speed has changed, as it does on a line that stands still.
    fn show_rate(&self) {
        let rate = self.rate(&self.upload.borrow().view());
        let page = self.page.borrow().clone();
        if let Some(page) = page.filter(|_| rate != self.shown_rate.get()) {
            self.notify(&page, Notice::Progress);
        }
    }
}
