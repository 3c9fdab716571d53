//! A configuration that was gathered and not read yet: between the two, whoever
//! may talk to AWS looks up the secrets that live in Parameter Store. This module
//! only says which, and takes what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

use super::Config;
use super::fault::ConfigFaults;
use super::keys::{self, Kind};
use super::reader::Reader;
use super::secret::Secret;
use super::server::ServerConfig;
use super::source::{self, Leaf};

/// What a secret in Parameter Store is written as, in front of the parameter's name.
const SCHEME: &str = "ssm:";

/// What is known of the parameters that [`Draft::parameters`] named.
#[derive(Debug, Clone)]
pub enum Parameters {
    /// They were looked up; one that was not found has a sentence that says why.
    LookedUp(BTreeMap<String, Result<Secret, String>>),
    /// Nobody looked, because no secret is needed: such secrets count as not given.
    LeftOut,
}

impl Parameters {
    /// Nothing was found, so every parameter a configuration names is a fault.
    #[must_use]
    pub const fn none() -> Self {
        Self::LookedUp(BTreeMap::new())
    }

    /// The parameter's value; `None` where it was left out.
    pub(super) fn get(&self, name: &str) -> Option<Result<String, String>> {
        let Self::LookedUp(found) = self else { return None };
        Some(match found.get(name) {
            Some(Ok(secret)) => Ok(secret.reveal().to_owned()),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("the parameter {name} was not looked up.")),
        })
    }
}

/// Everything that was given, with the faults found so far.
#[derive(Debug)]
pub struct Draft {
    values: source::Values,
    env: source::Environment,
    faults: ConfigFaults,
}

impl Draft {
    /// Gathers the file (`explicit`, else what `VEND_CONFIG` names, else `fallback`
    /// if it exists) and `VEND_*` from `env`.
    #[must_use]
    pub fn gather(explicit: Option<&Path>, env: impl Iterator<Item = (String, String)>, fallback: &Path) -> Self {
        let env: source::Environment = env.collect();
        let (mut values, mut faults) = (source::Values::new(), ConfigFaults::default());
        if let Some((path, named_by)) = source::choose_file(explicit, &env, fallback) {
            let text = source::read_file(&path, named_by, &mut faults);
            source::add_file(&mut values, &path, &text, &mut faults);
        }
        source::add_environment(&mut values, &env, &mut faults);
        Self { values, env, faults }
    }

    /// The names of the parameters that secrets refer to.
    #[must_use]
    pub fn parameters(&self) -> BTreeSet<String> {
        let secrets = self.values.iter().filter(|(key, _)| keys::find(key).is_some_and(|key| key.kind == Kind::Secret));
        let texts = secrets.filter_map(|(_, given)| match &given.leaf {
            Leaf::One(text) => text.strip_prefix(SCHEME),
            _ => None,
        });
        texts.filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
    }

    /// Where a server of this configuration listens, whatever else is wrong with it.
    ///
    /// # Errors
    /// What is wrong with the file as a whole, or with this address.
    pub fn listen(self) -> Result<SocketAddr, ConfigFaults> {
        let mut from = Reader::new(self.values, self.env, Parameters::LeftOut, self.faults);
        let listen = ServerConfig::read_listen(&mut from);
        if from.faults.0.is_empty() { Ok(listen) } else { Err(from.faults.sorted()) }
    }

    /// Reads it all, with what was found in Parameter Store.
    ///
    /// # Errors
    /// Every fault there is, at once: those of parameters too.
    pub fn read(self, parameters: Parameters) -> Result<Config, ConfigFaults> {
        Config::read(Reader::new(self.values, self.env, parameters, self.faults))
    }
}
