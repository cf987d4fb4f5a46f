//! The corpus of the fuzzer and what becomes of it by a few changes, on any compiler.

#[path = "../../../protocol/tests/common/mutation.rs"]
mod mutation;
#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

use std::fs;
use std::path::Path;

use mutation::changed;
use targets::requests;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().unwrap())
}

#[test]
fn no_request_breaks_the_server_whatever_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/requests");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let corpus: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    corpus.iter().for_each(|data| requests(data));
    let mut dice = fastrand::Rng::with_seed(number("SEED").unwrap_or(0));
    for turn in 0..number("FUZZ").unwrap_or(10_000) {
        let data = changed(&corpus, &mut dice);
        let outcome = std::panic::catch_unwind(|| requests(&data));
        assert!(outcome.is_ok(), "fails in turn {turn} with {}", data.escape_ascii());
    }
}
