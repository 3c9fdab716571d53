//! The `vend` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    vend::cli::main(std::env::args_os())
}
