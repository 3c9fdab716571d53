//! How a command ends: the exit codes and what is said on the way out.

use std::process::ExitCode;

/// Nothing to hand back.
pub(super) type Done = ();

/// The exit codes, documented in `--help` and `docs/cli.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// It went well.
    Ok = 0,
    /// It did not.
    Failed = 1,
    /// The arguments or the configuration are wrong.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// The server understood and said no.
    Refused = 4,
    /// The server does not answer.
    Unreachable = 5,
    /// It is not over yet, and time ran out.
    TimedOut = 6,
    /// `doctor` or `bot check` found nothing wrong, and could not look at everything.
    Unseen = 7,
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
