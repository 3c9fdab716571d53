//! The log: to standard error, as text for people or as JSON, always through the
//! [`Redactor`]. It must not know what is logged.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::redact::Redactor;
use crate::config::{Config, LogConfig, LogFormat};

/// Starts logging for the whole process. A second call changes nothing.
pub fn init(config: &Config) {
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let redactor = Redactor::new(config.secrets());
    let _ = subscriber(&config.log, redactor, io::stderr, colours).try_init();
}

/// The subscriber behind [`init`], writing to `writer`.
pub fn subscriber<W>(config: &LogConfig, redactor: Redactor, writer: W, colours: bool) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(redactor.around(writer)).with_ansi(colours);
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match config.format {
        LogFormat::Text => Box::new(lines.with_target(false)),
        LogFormat::Json => Box::new(lines.json().flatten_event(true)),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter))
}
