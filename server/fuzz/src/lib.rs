//! What is fuzzed, for cargo-fuzz here and for the tests of the server on a stable compiler.

pub mod targets;
