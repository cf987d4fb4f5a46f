//! What protocols over HTTP ask for.

use std::rc::Rc;

use incoming_protocol::http::Request;
use incoming_protocol::{Attempt, Error, Event};

use super::Driver;
use crate::http::Exchange;
use crate::page::{Page, spawn};

impl Driver {
    pub(super) fn request(self: &Rc<Self>, page: &Page, attempt: Attempt, request: Request) {
        let Some(signal) = self.signal() else { return };
        let id = request.id;
        let exchange = Exchange {
            page: page.clone(),
            request,
            signal: signal.clone(),
            is_upgraded: Rc::clone(&self.is_upgraded),
        };
        let driver = Rc::clone(self);
        let telling = Rc::clone(self);
        spawn(async move {
            let loaded = move |bytes| telling.heard(attempt, Event::Loaded(id, bytes));
            let event = match exchange.send(loaded).await.map_err(|failure| *failure) {
                Ok(response) => Event::Responded(id, response),
                Err(Error::Lost(words)) => Event::RequestLost(id, words),
                Err(error) if error.is_transient() => Event::RequestFailed(id, error),
                Err(error) => Event::Failed(error),
            };
            if !signal.aborted() {
                driver.heard(attempt, event);
            }
        });
    }
}
