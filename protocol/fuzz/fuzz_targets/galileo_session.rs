//! A whole session of GalileoSend: each line is a text message, or `#` and a number of bytes.

#![no_main]

use incoming_protocol::galileo::server::{Action, Event, Session};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut session = Session::new(1000);
    let (mut declared, mut stored, mut coming) = (None, 0, 0);
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
});
