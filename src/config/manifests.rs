//! The manifests the configuration names: read from their files, or, where
//! nothing was named and the usual file is not there, the ones inside the binary.

use std::path::Path;

use super::Config;
use crate::adapters::embedded::catalogue;
use crate::domain::blueprint::Catalogue;
use crate::domain::dialogue::Bot;
use crate::domain::policy::Policy;

/// What is wrong with a manifest: one sentence a fault, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n  "))]
pub struct ManifestFaults(pub Vec<String>);

/// The policy in force.
///
/// # Errors
/// One line per fault, with file and line.
pub fn policy(config: &Config) -> Result<Policy, ManifestFaults> {
    let path = &config.policy.file;
    if uses_shipped(config, "policy.file", path) {
        return Ok(Policy::shipped());
    }
    Policy::parse(&read(path, "policy.file")?).map_err(|faults| placed(path, faults))
}

/// The bot in force.
///
/// # Errors
/// One line per fault, with file and line.
pub fn bot(config: &Config) -> Result<Bot, ManifestFaults> {
    let path = &config.dialogue.file;
    if uses_shipped(config, "dialogue.file", path) {
        return Ok(Bot::shipped());
    }
    Bot::parse(&read(path, "dialogue.file")?).map_err(|faults| placed(path, faults))
}

/// The blueprints in force, which the configured values must fit.
///
/// # Errors
/// One line per fault, with file and line or with the configuration's key.
pub fn catalogue(config: &Config) -> Result<Catalogue, ManifestFaults> {
    let dir = &config.blueprints.dir;
    let catalogue = if uses_shipped(config, "blueprints.dir", dir) {
        Catalogue::shipped()
    } else {
        catalogue::load(dir).map_err(ManifestFaults)?
    };
    let faults: Vec<_> = config.blueprints.values.keys().filter_map(|name| catalogue.refuses_value_of(name)).collect();
    if faults.is_empty() { Ok(catalogue) } else { Err(ManifestFaults(faults)) }
}

/// Whether a manifest comes from inside the binary.
fn uses_shipped(config: &Config, key: &str, path: &Path) -> bool {
    !config.is_given(key) && !path.exists()
}

fn read(path: &Path, key: &str) -> Result<String, ManifestFaults> {
    let fault = |error| ManifestFaults(vec![format!("{}: cannot be read ({error}): correct `{key}`.", path.display())]);
    std::fs::read_to_string(path).map_err(fault)
}

fn placed(path: &Path, faults: Vec<String>) -> ManifestFaults {
    ManifestFaults(faults.into_iter().map(|fault| format!("{}: {fault}", path.display())).collect())
}
