//! The log of a test, captured line by line as the real process would write it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing_subscriber::fmt::MakeWriter;
use vend::config::{LogConfig, LogFormat, Secret};
use vend::telemetry::{Redactor, subscriber};

/// What was logged so far. Everything down to `trace` is captured.
#[derive(Clone, Default)]
pub struct CapturedLog(Arc<Mutex<Vec<u8>>>);

impl CapturedLog {
    /// Captures what this thread logs while the guard lives.
    #[must_use]
    pub fn start(format: LogFormat, secrets: &[&str]) -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let config = LogConfig { format, level: "trace".into() };
        let redactor = Redactor::new(secrets.iter().map(|secret| Secret::new(*secret)));
        let guard = tracing::subscriber::set_default(subscriber(&config, redactor, log.clone(), false));
        (log, guard)
    }

    /// The captured text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// Fails when anything that must not be seen (P11) was logged.
    pub fn must_not_tell(&self, canaries: &[&str]) {
        let text = self.text();
        for canary in canaries {
            assert!(!text.contains(canary), "P11: `{canary}` is in the log:\n{text}");
        }
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for CapturedLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for CapturedLog {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
