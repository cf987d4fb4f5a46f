//! The corpus of a fuzz target and what becomes of it by a few changes, on any compiler.

mod mutation;

use std::fs;
use std::path::Path;

use super::environment::number;
use mutation::changed;

/// Tries everything in the corpus of this name, and as many changes to it as `FUZZ` says, chosen by
/// `SEED`.
pub fn try_out(name: &str, target: fn(&[u8])) {
    let corpus = corpus(name);
    corpus.iter().for_each(|data| target(data));
    let mut dice = fastrand::Rng::with_seed(number("SEED").unwrap_or(0));
    for turn in 0..number("FUZZ").unwrap_or(10_000) {
        let data = changed(&corpus, &mut dice);
        let outcome = std::panic::catch_unwind(|| target(&data));
        assert!(outcome.is_ok(), "{name} fails in turn {turn} with {}", data.escape_ascii());
    }
}

/// In the order of their names, so that a seed means the same everywhere.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}
