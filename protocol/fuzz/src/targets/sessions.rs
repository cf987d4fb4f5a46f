//! Whole sessions of servers: each line is a text message, or `#` and a number of bytes.

use incoming_protocol::{Json, galileo, incoming};

/// What the lines tell a session, as events of its own.
fn messages<Event>(
    data: &[u8],
    text: fn(Option<Json>) -> Event,
    binary: fn(u64) -> Event,
) -> impl Iterator<Item = Event> {
    super::text_of(data).lines().map(move |line| {
        match line.strip_prefix('#').and_then(|length| length.parse::<u32>().ok()) {
            Some(length) => binary(length.into()),
            None => text(serde_json::from_str(line).ok()),
        }
    })
}

pub(super) fn incoming(data: &[u8]) {
    use incoming::server::{Action, Event, Session, Terms};

    let mut session = Session::new(Terms { chunk_size_kb: 64, send_ahead: 4 });
    let (mut declared, mut stored, mut coming) = (0, 0, 0);
    for event in messages(data, Event::Text, Event::Binary) {
        if let Event::Binary(length) = event {
            coming = length;
        }
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for action in session.handle(event) {
                match action {
                    Action::Open { size, .. } => {
                        declared = size;
                        events.push(Event::Opened { stored: 0 });
                    }
                    Action::Append => {
                        stored += coming;
                        events.push(Event::Stored);
                    }
                    Action::Complete => events.push(Event::Completed),
                    Action::HandOver => assert_eq!(stored, declared),
                    _ => {}
                }
                assert!(stored <= declared);
            }
        }
    }
}

pub(super) fn galileo(data: &[u8]) {
    use galileo::server::{Action, Event, Session};

    let mut session = Session::new(1000);
    let (mut declared, mut stored, mut coming) = (None, 0, 0);
    for event in messages(data, Event::Text, Event::Binary) {
        if let Event::Binary(length) = event {
            coming = length;
        }
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for action in session.handle(event) {
                match action {
                    Action::Create { size, .. } => {
                        declared = size;
                        events.push(Event::Stored);
                    }
                    Action::Append => {
                        stored += coming;
                        events.push(Event::Stored);
                    }
                    Action::Finish(_) => {
                        assert!(declared.is_none_or(|size| size == stored));
                        events.push(Event::Finished);
                    }
                    _ => {}
                }
                assert!(declared.is_none_or(|size| stored <= size));
            }
        }
    }
}
