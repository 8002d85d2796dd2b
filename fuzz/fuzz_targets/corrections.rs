#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mondegreen::cli::fuzzing::programs::corrections(data));
