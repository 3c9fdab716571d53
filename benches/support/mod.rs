//! What the benches share: pinned server processes, a load generator, medians.
#![allow(dead_code, reason = "each bench uses its part")]

pub mod load;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The core the server runs on; the load runs on the other one.
pub const SERVER_CORE: usize = 0;
/// The core the load runs on.
pub const LOAD_CORE: usize = 1;

/// Pins this process, and every thread it starts from now on, to one core.
pub fn pin(core: usize) {
    let mut cpus = nix::sched::CpuSet::new();
    cpus.set(core).expect("a core number");
    if nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &cpus).is_err() {
        eprintln!("core {core} cannot be chosen; numbers will be noisier");
    }
}

/// A child process that said where it listens; killed when dropped.
pub struct Server {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Server {
    /// Starts this very program again with `arguments` and waits for its first line.
    pub fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program");
        Self::of(Command::new(program).args(arguments))
    }

    /// Starts a program that prints `listening on http://…` first.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        lines.read_line(&mut line).expect("a line");
        let address = line.trim().rsplit('/').next().expect("an address").to_owned();
        Self { child, address }
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// A number from the environment, for shorter or longer runs.
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Whether this run only shows that the bench works (`cargo test --benches`, CI).
pub fn smoke() -> bool {
    std::env::args().any(|argument| argument == "--test") || std::env::var_os("VEND_BENCH_SMOKE").is_some()
}

/// A folder under the target folder, on the disk that would hold the data (not tmpfs).
pub fn folder(name: &str) -> tempfile::TempDir {
    let base = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    tempfile::Builder::new().prefix(name).tempdir_in(base).expect("a folder")
}
