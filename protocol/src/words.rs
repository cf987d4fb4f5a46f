//! Sentences, made without the machinery of `format!`, which every visitor would download.

/// These parts as one text.
pub fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// A number in decimal digits.
pub fn decimal(number: u64) -> String {
    let mut digits = String::new();
    push_decimal(&mut digits, number);
    digits
}

fn push_decimal(digits: &mut String, number: u64) {
    if number >= 10 {
        push_decimal(digits, number / 10);
    }
    digits.push(char::from(b'0' + (number % 10) as u8));
}

/// These names with commas.
pub(crate) fn listed(names: &mut dyn Iterator<Item = &str>) -> String {
    let mut text = String::new();
    for name in names {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(name);
    }
    text
}
