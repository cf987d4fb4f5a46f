//! Whatever comes from outside, and what has to hold then.

mod client;
mod kept;
mod messages;
mod parameters;
mod sessions;

/// Something that takes any bytes and panics when what was promised does not hold.
pub type Target = fn(&[u8]);

/// All of them, by the name of their corpus.
pub const ALL: [(&str, Target); 7] = [
    ("client", client::told),
    ("client_session", client::session),
    ("kept", kept::recalled),
    ("messages", messages::read),
    ("parameters", parameters::read),
    ("incoming_session", sessions::incoming),
    ("galileo_session", sessions::galileo),
];

/// The target of this name.
#[allow(dead_code, reason = "for cargo-fuzz")]
pub fn named(name: &str) -> Target {
    ALL.iter().find(|(other, _)| *other == name).expect("a target").1
}

/// The text of what came; what is no text has none.
fn text_of(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}
