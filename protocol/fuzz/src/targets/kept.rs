//! What a browser has kept of an upload, as far as it is JSON: an entry, or only its checkpoint.

use incoming_protocol::http::Body;
use incoming_protocol::{Action, Checkpoint, Entry, Event, Json, Kept, Options, Protocol, Upload};

use super::client::{SIZE, job};

/// Whatever was kept, the upload begins, with chunks of the file or none.
pub(super) fn recalled(data: &[u8]) {
    let Ok(json) = serde_json::from_str::<Json>(super::text_of(data)) else { return };
    let checkpoint = Checkpoint::from_json(&json);
    let kept = checkpoint.map(|checkpoint| Kept { checkpoint, bytes_acked: 0 });
    let Some(kept) = kept.or_else(|| entry(&json)) else { return };
    let again = Checkpoint::from_json(&kept.checkpoint.to_json());
    assert_eq!(again.as_ref(), Some(&kept.checkpoint));
    for protocol in Protocol::ALL {
        begins(*protocol, kept.clone());
    }
}

/// What is sound has an id and a time, and ends.
fn entry(json: &Json) -> Option<Kept> {
    let entry = Entry::read(json, 1e12)?;
    assert!(!entry.kept.checkpoint.id.is_empty() && entry.updated_ms.is_finite());
    assert_eq!(Entry::read(json, f64::INFINITY), None, "it expires");
    Some(entry.kept)
}

fn begins(protocol: Protocol, kept: Kept) {
    let options = Options { resume: protocol != Protocol::Galileo, ..Options::default() };
    let mut upload = Upload::new(protocol, job(options), 7).expect("good options");
    let mut steps = upload.start();
    for event in [Event::Identified(None), Event::Held, Event::Recalled(Some(kept))] {
        steps.extend(upload.handle(upload.attempt(), event));
    }
    assert!(steps.iter().any(|step| begins_something(&step.action)), "{steps:?}");
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

fn begins_something(action: &Action) -> bool {
    matches!(
        action,
        Action::Connect(_) | Action::Request(_) | Action::Digest(_) | Action::Settle(_)
    )
}
