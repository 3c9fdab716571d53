//! All parameters of one request: what the person gave, what configuration and
//! allocators give, and defaults, checked one by one and against each other.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::{Blueprint, Catalogue, Parameter, Source, network};

/// A parameter's name and a sentence on what is wrong with it.
pub type ParameterFault = (String, String);

impl Blueprint {
    /// Every parameter with a value, in normal form. `configured` holds the
    /// installation's configuration and what allocators handed out for this
    /// request, both under the parameter's name.
    ///
    /// # Errors
    /// One sentence for every parameter that is unknown, missing or wrong.
    pub fn resolve(
        &self,
        given: &BTreeMap<String, String>,
        configured: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Vec<ParameterFault>> {
        let mut faults: Vec<ParameterFault> = given.keys().filter_map(|name| self.not_for_people(name)).collect();
        let mut resolved = BTreeMap::new();
        for parameter in &self.parameters {
            match value_of(parameter, given, configured) {
                Ok(value) => {
                    resolved.insert(parameter.name.clone(), value);
                }
                Err(sentence) => faults.push((parameter.name.clone(), sentence)),
            }
        }
        faults.extend(self.ranges_that_clash(&resolved));
        // A parameter that may not be given is told once, not once more as missing.
        faults.dedup_by(|a, b| a.0 == b.0);
        if faults.is_empty() { Ok(resolved) } else { Err(faults) }
    }

    /// Whether this installation gives what people may not: every value it must configure.
    #[must_use]
    pub fn is_set_up(&self, configured: &BTreeMap<String, String>) -> bool {
        let needed =
            self.parameters.iter().filter(|p| p.source == Some(Source::Config) && !p.ask && p.default.is_none());
        needed.into_iter().all(|p| configured.contains_key(&p.name))
    }

    /// The parameters an allocator must fill before [`Self::resolve`] can
    /// succeed, unless the person gave a value of their own.
    pub fn to_allocate(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| p.source == Some(Source::Allocator))
    }

    /// Why a person may not give this parameter, if so.
    fn not_for_people(&self, name: &str) -> Option<ParameterFault> {
        let sentence = match self.parameter(name) {
            Some(parameter) if parameter.may_be_given() => return None,
            Some(_) => format!("{name} is set by this installation: leave it out."),
            None => self.unknown(name),
        };
        Some((name.to_owned(), sentence))
    }

    fn unknown(&self, name: &str) -> String {
        let likeness =
            |p: &&Parameter| (strsim::jaro_winkler(&p.name.to_lowercase(), &name.to_lowercase()) * 100.0).round();
        let open = || self.parameters.iter().filter(|p| p.may_be_given());
        let near = open().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|p| likeness(p) >= 85.0);
        if let Some(parameter) = near {
            return format!("{} has no parameter `{name}`: did you mean {}?", self.id, parameter.name);
        }
        let names: Vec<&str> = open().map(|p| p.name.as_str()).collect();
        format!("{} has no parameter `{name}`. It takes {}.", self.id, names.join(", "))
    }

    fn ranges_that_clash<'a>(
        &'a self,
        resolved: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = ParameterFault> + 'a {
        let range = |name: &str| resolved.get(name).and_then(|text| text.parse::<Ipv4Net>().ok());
        self.parameters.iter().filter_map(move |p| {
            let sentence = network::goes_with(range(p.secondary_of.as_ref()?)?, range(&p.name)?).err()?;
            Some((p.name.clone(), sentence))
        })
    }
}

impl Catalogue {
    /// Why a value for this parameter cannot be configured, if so: it would be ignored in silence.
    #[must_use]
    pub fn refuses_value_of(&self, name: &str) -> Option<String> {
        let known = || self.all().iter().filter_map(|blueprint| blueprint.parameter(name));
        if let Some(parameter) = known().find(|parameter| parameter.source == Some(Source::Allocator)) {
            let (key, pool) = (parameter.config_key(), parameter.pool.as_deref().unwrap_or_default());
            return Some(format!(
                "{key}: every account gets a range of its own from `blueprints.pools.{pool}`. Remove it, or change the pool."
            ));
        }
        let nobody = known().next().is_none();
        nobody.then(|| {
            format!("blueprints.values.{name}: no blueprint has this parameter. Correct its name, or remove it.")
        })
    }
}

fn value_of(
    parameter: &Parameter,
    given: &BTreeMap<String, String>,
    configured: &BTreeMap<String, String>,
) -> Result<String, String> {
    if let Some(text) = parameter.given_in(given) {
        return parameter.read(text);
    }
    match (configured.get(&parameter.name), &parameter.default) {
        (Some(text), _) => parameter.read(text).map_err(|sentence| from_the_outside(parameter, &sentence)),
        // One default for all would be one range for all.
        (None, Some(default)) if parameter.source != Some(Source::Allocator) => Ok(default.clone()),
        (None, _) => Err(missing(parameter)),
    }
}

fn from_the_outside(parameter: &Parameter, sentence: &str) -> String {
    match parameter.source {
        Some(Source::Allocator) => format!("The range handed out for {} cannot be used: {sentence}", parameter.name),
        _ => format!("{sentence} It comes from `{}`: ask an administrator to correct it.", parameter.config_key()),
    }
}

fn missing(parameter: &Parameter) -> String {
    let name = &parameter.name;
    match parameter.source {
        Some(Source::Config) => format!(
            "{name} is not configured yet: an administrator sets `{}` in vend.toml. {}",
            parameter.config_key(),
            parameter.description
        ),
        Some(Source::Allocator) => format!(
            "No free range is left for {name}: an administrator widens `blueprints.pools.{}` in vend.toml.",
            parameter.pool.as_deref().unwrap_or_default()
        ),
        None => format!("{name} is needed: {}", parameter.description),
    }
}
