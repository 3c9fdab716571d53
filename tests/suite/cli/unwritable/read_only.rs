//! The store's file system turns read-only while the server has its files open, as it does
//! after an error of the disk below. No kernel does that to open files on request, so
//! strace answers every write for it, with the error that the server would get.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::Server;

/// What is refused on a read-only file system, of what the server does to files.
const WRITES: &str = "pwrite64,pwritev,ftruncate,fallocate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2";

/// Holds the server's files read-only until it is dropped.
struct ReadOnly(Child);

impl ReadOnly {
    fn begin(pid: u32) -> Self {
        let (trace, inject) = (format!("trace={WRITES}"), format!("inject={WRITES}:error=EROFS"));
        let mut strace = Command::new("strace");
        strace.args(["-f", "-e", &trace, "-e", &inject, "-p", &pid.to_string()]).stderr(Stdio::piped());
        let mut child = strace.spawn().expect("strace: .ci/peers installs it");
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = said.next().unwrap().unwrap();
        assert!(first.contains("attached"), "this machine lets nobody trace: {first}");
        // It must not stop at a full pipe.
        std::thread::spawn(move || said.for_each(drop));
        Self(child)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        // By a signal, so that it lets go of the server first.
        let pid = nix::unistd::Pid::from_raw(self.0.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace and the right to trace: .ci/peers runs it"]
async fn a_store_that_turns_read_only_acknowledges_nothing_and_heals_without_a_restart() {
    let server = Server::start().await;
    let read_only = ReadOnly::begin(server.served.id());
    for nth in 1..4 {
        server.must_refuse(nth).await;
    }
    server.must_still_be_read().await;
    drop(read_only);
    server.must_have_healed().await;
}
