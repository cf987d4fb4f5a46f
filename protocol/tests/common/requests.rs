//! What a machine asks for, as the requests that it is.

use std::ops::Range;

use incoming_protocol::http::{Field, Request};
use incoming_protocol::{Action, Wake};

/// The requests, when nothing else is wanted but to be woken.
pub fn requests(actions: Vec<Action>) -> Vec<Request> {
    let request = |action| match action {
        Action::Request(request) => Some(request),
        Action::Wait(Wake::KeepAlive, _) => None,
        other => panic!("expected a request, found {other:?}"),
    };
    actions.into_iter().filter_map(request).collect()
}

/// Which bytes they send.
pub fn ranges(actions: Vec<Action>) -> Vec<Range<u64>> {
    requests(actions).iter().map(|request| request.body.range().unwrap().clone()).collect()
}

/// Parameters as `name=value`, and the place for those of the page as its prefix in parentheses.
pub fn pairs(fields: &[Field]) -> Vec<String> {
    let pair = |field: &Field| match field {
        Field::Pair(name, value) => format!("{name}={value}"),
        Field::Extra(prefix) => format!("({prefix})"),
    };
    fields.iter().map(pair).collect()
}
