//! Sentences, made without the machinery of `format!`, which every visitor would download.

/// These parts as one text.
pub fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| text.push_str(part));
    text
}
