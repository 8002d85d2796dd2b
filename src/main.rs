//! The `robustness-check` binary: everything is in the library's `cli`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Many threads free what others made; this one gives it back.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    mondegreen::cli::main()
}
