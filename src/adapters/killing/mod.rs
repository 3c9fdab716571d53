//! Fault points for the crash test: decorators that kill the process with SIGKILL
//! before or after a named call to a port, or stop it with SIGSTOP until somebody lets it go on. Only built with the feature
//! `fault-points`; a release binary has none.
//!
//! A decorator implements its whole port, so a call without a point does not compile.

mod ports;

pub use ports::{KillingChat, KillingDeployer, KillingFactory, KillingMailer, KillingStore, calls};

use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

/// The point to die at, like `store.commit.after`, or `blueprints.deploy.after fraud-dev` for what one call is about.
const AT: &str = "VEND_FAULT_POINT";
/// At which passing of it, from 1; absent means the first.
const PASSING: &str = "VEND_FAULT_PASSING";
/// `stop`: stop there instead of dying.
const ACTION: &str = "VEND_FAULT_ACTION";
/// A file every point passed is written to.
const TRACE: &str = "VEND_FAULT_TRACE";

/// How long the rest of the process may finish what it is at before it is stopped.
const SETTLING: std::time::Duration = std::time::Duration::from_millis(150);

static PASSED: AtomicU32 = AtomicU32::new(0);

/// Passes a point: writes it to the trace with what the call is about, if that is known, and dies there when told to.
pub(crate) fn point(name: &str, about: &str) {
    let whole = if about.is_empty() { name.to_owned() } else { format!("{name} {about}") };
    if let Ok(path) = std::env::var(TRACE)
        && let Ok(mut trace) = std::fs::OpenOptions::new().create(true).append(true).open(path)
    {
        // One write a line: the process may die right after.
        let _ = trace.write_all(format!("{whole}\n").as_bytes());
    }
    if std::env::var(AT).is_ok_and(|wanted| wanted == name || wanted == whole) {
        let passing = std::env::var(PASSING).ok().and_then(|n| n.parse().ok()).unwrap_or(1);
        if PASSED.fetch_add(1, Ordering::SeqCst) + 1 == passing {
            match std::env::var(ACTION).as_deref() {
                Ok("stop") => stop(),
                _ => die(),
            }
        }
    }
}

/// SIGSTOP to ourselves: every thread halts, sockets and files stay open, as when a
/// container or a virtual machine is paused. Ends when somebody sends SIGCONT.
fn stop() {
    // The other loops shall be idle, not within a write that locks the database for everybody.
    std::thread::sleep(SETTLING);
    let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGSTOP);
}

/// SIGKILL to ourselves: no destructor, no flush, as when the power goes.
fn die() -> ! {
    let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    std::process::abort()
}
