//! The corpus of the fuzzer and what becomes of it by a few changes, on any compiler.

#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

use crate::common::fuzzing;

#[test]
fn no_request_breaks_the_server_whatever_it_says() {
    fuzzing::try_out("requests", targets::requests);
}
