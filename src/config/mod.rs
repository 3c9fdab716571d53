//! Configuration: `vend.toml` and `VEND_*` variables, all faults reported at once.
//!
//! [`keys`] lists every key; one struct per concern holds the values. Knows
//! nothing of what is built from it, and never reads the process environment
//! itself: that is handed in.

mod access;
mod backends;
mod draft;
mod fault;
pub mod keys;
pub mod manifests;
mod parse;
mod post_steps;
mod reader;
mod rules;
mod secret;
mod server;
pub mod show;
mod source;

use std::path::Path;

pub use access::{AuthConfig, AuthMode, OidcConfig, PolicyConfig, Scope, SlackConfig, TokenConfig, TokenHash};
pub use backends::{
    BlueprintsBackend, BlueprintsConfig, DialogueBackend, DialogueConfig, FactoryBackend, FactoryConfig, MailBackend,
    MailConfig, SimulatorConfig, StoreBackend, StoreConfig, WorkerConfig, lex_region,
};
pub use draft::{Draft, Parameters};
pub use fault::{ConfigFaults, Fault, Source};
pub use parse::is_loopback;
pub use post_steps::{ContactConfig, PostStepName, PostStepsConfig};
pub use reader::Shown;
pub use secret::Secret;
pub use server::{LogConfig, LogFormat, Role, ServerConfig};

use reader::Reader;

/// The file read when none is named.
pub const DEFAULT_FILE: &str = "vend.toml";

/// Everything an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// The process itself.
    pub server: ServerConfig,
    /// Where requests are kept.
    pub store: StoreConfig,
    /// Who understands what people say.
    pub dialogue: DialogueConfig,
    /// How mail leaves.
    pub mail: MailConfig,
    /// Who creates accounts.
    pub factory: FactoryConfig,
    /// Who furnishes them.
    pub blueprints: BlueprintsConfig,
    /// How long pretend work takes.
    pub simulator: SimulatorConfig,
    /// How the worker holds jobs.
    pub worker: WorkerConfig,
    /// Slack, when connected.
    pub slack: Option<SlackConfig>,
    /// The API's callers.
    pub auth: AuthConfig,
    /// Who may ask and who decides.
    pub policy: PolicyConfig,
    /// How log lines are written.
    pub log: LogConfig,
    /// Every value in force with its source, secrets redacted.
    pub shown: Vec<Shown>,
}

impl Config {
    /// Reads the configuration: defaults, then the file (`explicit`, else what
    /// `VEND_CONFIG` names, else `fallback` if it exists), then `VEND_*` from `env`.
    /// For configurations without `ssm:` secrets; with them, see [`Draft`].
    ///
    /// # Errors
    /// Every fault there is, at once.
    pub fn load(
        explicit: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        fallback: &Path,
    ) -> Result<Self, ConfigFaults> {
        Draft::gather(explicit, env, fallback).read(Parameters::none())
    }

    fn read(mut from: Reader) -> Result<Self, ConfigFaults> {
        let mut config = Self {
            server: ServerConfig::read(&mut from),
            store: StoreConfig::read(&mut from),
            dialogue: DialogueConfig::read(&mut from),
            mail: MailConfig::read(&mut from),
            factory: FactoryConfig::read(&mut from),
            blueprints: BlueprintsConfig::read(&mut from),
            simulator: SimulatorConfig::read(&mut from),
            worker: WorkerConfig::read(&mut from),
            slack: SlackConfig::read(&mut from),
            auth: AuthConfig::read(&mut from),
            policy: PolicyConfig::read(&mut from),
            log: LogConfig::read(&mut from),
            shown: Vec::new(),
        };
        from.report_unknown();
        rules::check(&config, &mut from);
        config.shown = std::mem::take(&mut from.shown);
        if from.faults.0.is_empty() { Ok(config) } else { Err(from.faults.sorted()) }
    }

    /// Whether an operator gave this key, or its default is in force.
    #[must_use]
    pub fn is_given(&self, key: &str) -> bool {
        let mut given = self.shown.iter().filter(|shown| shown.value.is_some());
        given.any(|shown| shown.key == key && shown.source != Source::Default.to_string())
    }

    /// Every secret there is, for taking them out of logs.
    #[must_use]
    pub fn secrets(&self) -> Vec<Secret> {
        let slack = self.slack.iter().flat_map(|slack| {
            [Some(&slack.signing_secret), slack.previous_signing_secret.as_ref(), Some(&slack.bot_token)]
        });
        let client = self.auth.oidc.as_ref().and_then(|oidc| oidc.client_secret.as_ref());
        let own = [self.server.link_secret.as_ref(), self.mail.smtp_url.as_ref(), client];
        let password = self.mail.smtp_url.as_ref().and_then(|url| url::Url::parse(url.reveal()).ok());
        let password = password.and_then(|url| url.password().map(Secret::new));
        slack.chain(own).flatten().cloned().chain(password).collect()
    }
}
