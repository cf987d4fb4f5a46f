#![no_main]

use incoming_server_fuzz::targets::requests;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| requests(data));
