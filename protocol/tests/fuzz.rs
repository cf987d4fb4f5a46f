//! The corpus of the fuzzer and what becomes of it by a few changes, on any compiler.
//!
//! `FUZZ=1000000 cargo test --release -p incoming-protocol --test fuzz` tries more of them, `SEED=n`
//! others.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

#[path = "common/mutation.rs"]
mod mutation;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::fs;
use std::path::Path;

use mutation::changed;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().unwrap())
}

/// In the order of their names, so that a seed means the same everywhere.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn whatever_comes_from_outside_breaks_no_promise() {
    for (name, target) in targets::ALL {
        let corpus = corpus(name);
        corpus.iter().for_each(|data| target(data));
        let mut dice = fastrand::Rng::with_seed(number("SEED").unwrap_or(0));
        for turn in 0..number("FUZZ").unwrap_or(10_000) {
            let data = changed(&corpus, &mut dice);
            let outcome = std::panic::catch_unwind(|| target(&data));
            assert!(outcome.is_ok(), "{name} fails in turn {turn} with {}", data.escape_ascii());
        }
    }
}
