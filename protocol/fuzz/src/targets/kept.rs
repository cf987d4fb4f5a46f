//! What a browser has kept of an upload, as far as it is JSON.

use incoming_protocol::http::Body;
use incoming_protocol::{Action, Checkpoint, Event, Json, Kept, Options, Protocol, Upload};

use super::client::{SIZE, job};

/// Whatever was kept, the upload begins, with chunks of the file or none.
pub(super) fn recalled(data: &[u8]) {
    let Ok(json) = serde_json::from_str::<Json>(super::text_of(data)) else { return };
    let Some(checkpoint) = Checkpoint::from_json(&json) else { return };
    let again = Checkpoint::from_json(&checkpoint.to_json());
    assert_eq!(again.as_ref(), Some(&checkpoint));
    for protocol in Protocol::ALL {
        begins(*protocol, Kept { checkpoint: checkpoint.clone(), bytes_acked: 0 });
    }
}

fn begins(protocol: Protocol, kept: Kept) {
    let options = Options { resume: protocol != Protocol::Galileo, ..Options::default() };
    let mut upload = Upload::new(protocol, job(options), 7).expect("good options");
    upload.start();
    let attempt = upload.attempt();
    let steps = upload.handle(attempt, Event::Recalled(Some(kept)));
    for step in steps {
        if let Action::Request(request) = step.action
            && let Body::Multipart { part, .. } = request.body
        {
            assert!(part.range.start <= part.range.end && part.range.end <= SIZE);
        }
    }
    let view = upload.view();
    assert!(view.bytes_acked <= view.bytes_tx && view.bytes_tx <= SIZE);
}
