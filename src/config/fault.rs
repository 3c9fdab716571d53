//! What is wrong with the configuration, all of it at once, each fault with the
//! place it stands and what to do. Never carries the value of a secret.

use std::fmt;
use std::path::PathBuf;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: the built-in default is in force.
    Default,
    /// In the configuration file, on this line (from 1).
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// In this environment variable.
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// One thing to fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub source: Source,
    /// The key, like `mail.smtp_url`; empty when the file as a whole is meant.
    pub key: String,
    /// What is wrong and what to do, in one or two sentences.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, self.key.as_str()) {
            (Source::Default, key) => write!(f, "{key}: {}", self.text),
            (source, "") => write!(f, "{source}: {}", self.text),
            (source, key) => write!(f, "{source}: {key}: {}", self.text),
        }
    }
}

/// Everything that is wrong. Never empty when returned as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigFaults(pub Vec<Fault>);

impl ConfigFaults {
    pub(super) fn add(&mut self, source: Source, key: &str, text: impl Into<String>) {
        let fault = Fault { source, key: key.to_owned(), text: text.into() };
        // A parser that recovers may stumble over the same line several times.
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    /// The faults in reading order: along the file, then the variables.
    pub(super) fn sorted(mut self) -> Self {
        self.0.sort_by_key(|fault| match &fault.source {
            Source::Default => (0, 0, String::new()),
            Source::File { line, .. } => (1, *line, String::new()),
            Source::Variable(name) => (2, 0, name.clone()),
        });
        self
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the configuration has one fault:")?,
            n => write!(f, "the configuration has {n} faults:")?,
        }
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigFaults {}
