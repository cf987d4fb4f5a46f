//! Sentences, made without the machinery of `format!`, which every visitor would download.

/// These parts as one text.
pub fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// These names with commas.
pub(crate) fn listed<'a>(names: &mut dyn Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for name in names {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(name);
    }
    text
}
