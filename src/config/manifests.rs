//! The manifests the configuration names: read from their files, or, where
//! nothing was named and the usual file is not there, the ones inside the binary.

use std::path::Path;

use super::Config;
use crate::adapters::embedded::catalogue;
use crate::domain::blueprint::Catalogue;
use crate::domain::dialogue::Bot;
use crate::domain::policy::Policy;

/// The policy in force.
///
/// # Errors
/// One line per fault, with file and line.
pub fn policy(config: &Config) -> Result<Policy, Vec<String>> {
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
pub fn bot(config: &Config) -> Result<Bot, Vec<String>> {
    let path = &config.dialogue.file;
    if uses_shipped(config, "dialogue.file", path) {
        return Ok(Bot::shipped());
    }
    Bot::parse(&read(path, "dialogue.file")?).map_err(|faults| placed(path, faults))
}

/// The blueprints in force.
///
/// # Errors
/// One line per fault, with file and line.
pub fn catalogue(config: &Config) -> Result<Catalogue, Vec<String>> {
    let dir = &config.blueprints.dir;
    if uses_shipped(config, "blueprints.dir", dir) { Ok(Catalogue::shipped()) } else { catalogue::load(dir) }
}

/// Whether a manifest comes from inside the binary.
fn uses_shipped(config: &Config, key: &str, path: &Path) -> bool {
    !config.is_given(key) && !path.exists()
}

fn read(path: &Path, key: &str) -> Result<String, Vec<String>> {
    let fault = |error| vec![format!("{}: cannot be read ({error}): correct `{key}`.", path.display())];
    std::fs::read_to_string(path).map_err(fault)
}

fn placed(path: &Path, faults: Vec<String>) -> Vec<String> {
    faults.into_iter().map(|fault| format!("{}: {fault}", path.display())).collect()
}
