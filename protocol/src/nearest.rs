//! Which name somebody may have meant who wrote another one.

/// So many letters may be wrong.
const MOST_WRONG: usize = 2;

/// The known name that is nearest to this one, if they are nearly the same but for underscores and
/// capitals.
pub(crate) fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let name = letters(name);
    let (mut nearest, mut least) = (None, MOST_WRONG + 1);
    for known in known {
        let distance = distance(&name, &letters(known));
        if distance < least {
            (nearest, least) = (Some(known.as_str()), distance);
        }
    }
    nearest
}

fn letters(name: &str) -> Vec<u8> {
    let mut letters = Vec::new();
    for byte in name.bytes() {
        if byte != b'_' {
            letters.push(byte.to_ascii_lowercase());
        }
    }
    letters
}

/// How many letters have to be changed, added or removed.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.iter().enumerate() {
        // What it costs to come here from above on the left.
        let mut above = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(to) {
            left = (above + usize::from(letter != other)).min(left + 1).min(*cell + 1);
            above = std::mem::replace(cell, left);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str) -> Option<String> {
        let known = ["chunk_size", "verify", "retry", "resume", "simultaneous"];
        nearest(name, &known.map(str::to_owned)).map(str::to_owned)
    }

    #[test]
    fn other_ways_to_write_a_name_and_slips_find_it() {
        for name in ["chunkSize", "chunksize", "ChunkSize", "chunk_sizes", "chunksiez", "hunk_size"]
        {
            assert_eq!(meant(name).as_deref(), Some("chunk_size"), "{name}");
        }
        assert_eq!(meant("retries"), None, "three letters are wrong");
        assert_eq!(meant("verfy").as_deref(), Some("verify"));
        assert_eq!(meant("resumed").as_deref(), Some("resume"));
    }

    #[test]
    fn other_words_find_nothing() {
        for name in ["", "target", "parallelUploads", "größe"] {
            assert_eq!(meant(name), None, "{name}");
        }
        assert_eq!(nearest("anything", &[]), None);
    }
}
