#![no_main]

use incoming_protocol_fuzz::targets::named;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| named("kept")(data));
