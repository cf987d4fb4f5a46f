//! A whole session of Incoming!!: each line is a text message, or `#` and a number of bytes.

#![no_main]

use incoming_protocol::incoming::server::{Action, Event, Session, Terms};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut session = Session::new(Terms { chunk_size_kb: 64, send_ahead: 4 });
    let (mut declared, mut stored, mut coming) = (0, 0, 0);
    for line in text.lines() {
        let event = match line.strip_prefix('#').and_then(|len| len.parse::<u32>().ok()) {
            Some(len) => {
                coming = u64::from(len);
                Event::Binary(coming)
            }
            None => Event::Text(serde_json::from_str(line).ok()),
        };
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
});
