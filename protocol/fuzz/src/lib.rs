//! What is fuzzed, for cargo-fuzz here and for `protocol/tests/fuzz.rs` on a stable compiler.

pub mod targets;
