//! The corpus of the fuzzer and what becomes of it by a few changes, on any compiler.
//!
//! `FUZZ=1000000 cargo test --release -p incoming-protocol --test fuzz` tries more of them, `SEED=n`
//! others.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

#[path = "common/environment.rs"]
mod environment;
#[path = "common/fuzzing.rs"]
mod fuzzing;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

#[test]
fn whatever_comes_from_outside_breaks_no_promise() {
    for (name, target) in targets::ALL {
        fuzzing::try_out(name, target);
    }
}
