//! What a server says to our clients: each line is a text message, or `#`, a status and a body.

#![no_main]

use incoming_protocol::http::{RequestId, Response};
use incoming_protocol::{Event, Job, Md5, Options, Protocol, Upload};
use libfuzzer_sys::fuzz_target;

const SIZE: u64 = 3_000_000;

fuzz_target!(|text: &str| {
    for protocol in Protocol::ALL {
        let job = Job {
            ticket: Some("ticket".into()),
            endpoint: "ws://test/".into(),
            name: "name".into(),
            relative_path: "name".into(),
            media_type: String::new(),
            size: SIZE,
            options: Options::default(),
        };
        let mut upload = Upload::new(*protocol, job, 7).expect("good options");
        upload.start();
        let attempt = upload.attempt();
        upload.handle(attempt, Event::Connected);
        let md5 = Md5::parse("d41d8cd98f00b204e9800998ecf8427e").expect("an MD5");
        upload.handle(attempt, Event::Digested(0..SIZE, md5));
        for (number, line) in text.lines().enumerate() {
            let event = match line.strip_prefix('#').and_then(|line| line.split_once(' ')) {
                Some((status, body)) => {
                    let status = status.parse().unwrap_or(200);
                    let json = serde_json::from_str(body).ok();
                    let id = RequestId(u32::try_from(number).unwrap_or(0) % 8);
                    let text = body.to_owned();
                    Event::Responded(id, Response { status, text, json, ..Response::default() })
                }
                None => serde_json::from_str(line).map_or(Event::Garbled, Event::Received),
            };
            let attempt = upload.attempt();
            upload.handle(attempt, event);
            let view = upload.view();
            assert!(view.bytes_acked <= view.bytes_tx && view.bytes_tx <= SIZE);
        }
    }
});
