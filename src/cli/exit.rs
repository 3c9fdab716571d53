//! How a command ends: the exit codes and what is said on the way out.

use std::process::ExitCode;

/// Nothing to hand back.
pub(super) type Done = ();

/// The exit codes; [`Exit::meaning`] says in one place what each tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Ok = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    Refused = 4,
    Unreachable = 5,
    TimedOut = 6,
    Unseen = 7,
}

impl Exit {
    const ALL: [Self; 8] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::Refused,
        Self::Unreachable,
        Self::TimedOut,
        Self::Unseen,
    ];

    const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "it went well",
            Self::Failed => "it failed, or the request watched did not become ready",
            Self::Usage => "wrong arguments or configuration",
            Self::NotFound => "no such request, blueprint or store",
            Self::Refused => "the server refused: not allowed, already decided, input it cannot take",
            Self::Unreachable => "the server does not answer",
            Self::TimedOut => "time ran out (`--timeout`)",
            Self::Unseen => "`vend doctor` or `vend bot check` found nothing wrong, and could not look at everything",
        }
    }
}

/// The exit codes, for the end of `vend --help`.
pub(super) fn codes() -> String {
    let line = |exit: Exit| format!("\n  {}  {}", exit as u8, exit.meaning());
    format!("Exit codes:{}", Exit::ALL.map(line).concat())
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub exit: Exit,
    /// For the person: what happened and what to do next. Empty: nothing is said.
    pub text: String,
}

impl Failure {
    pub(super) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self::new(Exit::Failed, text)
    }

    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text)
    }
}
