//! The schema of `blueprint.yaml`. Every fault names file, line and fix, and
//! all faults of a file that can be told together are.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;

use super::network;
use super::parameter::{Pattern, template_name};
use super::{Blueprint, Fault, Kind, MonthlyCost, OnFailure, Parameter, Source, Template};
use crate::domain::spec::AccountType;

/// The files of one blueprint, with the names used in faults.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The folder's name; must be the id. Empty for an older version.
    pub folder: &'a str,
    /// Where the files are, for faults, like `manifests/blueprints/ml-workload-prod`.
    pub place: &'a str,
    /// The text of `blueprint.yaml`.
    pub metadata: &'a str,
    /// The text of `template.yaml`.
    pub template: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    id: Spanned<String>,
    version: Spanned<String>,
    title: String,
    description: String,
    owner: String,
    accepts_account_types: Spanned<Vec<AccountType>>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    on_failure: OnFailure,
    monthly_cost_usd: MonthlyCost,
    parameters: Ordered,
    provides_ssm: Spanned<Vec<String>>,
    #[serde(default)]
    subnets_per_zone: BTreeMap<String, u32>,
}

/// Parameters in the order they are written: it is the order they are asked in.
struct Ordered(Vec<(Spanned<String>, RawParameter)>);

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> serde::de::Visitor<'de> for InOrder {
            type Value = Ordered;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of parameters")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Ordered(all))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParameter {
    #[serde(rename = "type")]
    kind: Kind,
    description: String,
    default: Option<Scalar>,
    #[serde(default)]
    ask: bool,
    source: Option<Source>,
    pool: Option<String>,
    prefix: Option<u8>,
    pattern: Option<String>,
    #[serde(default)]
    allowed: Vec<Scalar>,
    min: Option<i64>,
    max: Option<i64>,
    secondary_of: Option<String>,
    #[serde(default = "yes")]
    in_template: bool,
}

const fn yes() -> bool {
    true
}

/// A number, a truth value or text, kept as text; a list becomes `a,b`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<String>),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Bool(truth) => truth.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Text(text) => text,
            Self::List(items) => items.join(","),
        }
    }
}

/// Reads any YAML; a fault is its line (from 1, 0 when unknown) and one line of text.
pub(super) fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, (u64, String)> {
    serde_saphyr::from_str(text).map_err(|error| {
        let bare = error.without_snippet();
        let line = bare.location().map_or(0, |location| location.line());
        let words = bare.to_string();
        let (first, _) = words.split_once('\n').unwrap_or((&words, ""));
        let (first, _) = first.split_once(" at line ").unwrap_or((first, ""));
        (line, format!("{}.", first.trim_end_matches('.')))
    })
}

/// Reads one blueprint.
///
/// # Errors
/// Every fault found, each with file, line and fix.
pub fn blueprint(files: &Files<'_>) -> Result<Blueprint, Vec<Fault>> {
    let template = Template::parse(files.template).map_err(|fault| files.in_template(fault));
    let metadata = yaml::<Metadata>(files.metadata).map_err(|fault| files.in_metadata(fault));
    let (metadata, template) = match (metadata, template) {
        (Ok(metadata), Ok(template)) => (metadata, template),
        (metadata, template) => return Err(metadata.err().into_iter().chain(template.err()).collect()),
    };
    let mut wrong = metadata.faults(files.folder);
    wrong.extend(metadata.strangers(&template));
    let (blueprint, refused) = metadata.into_blueprint(template);
    wrong.extend(refused);
    let mut faults: Vec<Fault> = wrong.into_iter().map(|fault| files.in_metadata(fault)).collect();
    faults.extend(undeclared(&blueprint).into_iter().map(|fault| files.in_template(fault)));
    if faults.is_empty() { Ok(blueprint) } else { Err(faults) }
}

/// A blueprint that comes inside the binary: not checked, as a test reads the same files with [`blueprint`].
///
/// # Errors
/// When its metadata cannot be read.
pub(super) fn shipped(files: &Files<'static>) -> Result<Blueprint, Fault> {
    let metadata = yaml::<Metadata>(files.metadata).map_err(|fault| files.in_metadata(fault))?;
    Ok(metadata.into_blueprint(Template::shipped(files.template)).0)
}

/// A line (from 1, 0 when unknown) and a sentence.
type Located = (u64, String);

impl Files<'_> {
    fn in_metadata(&self, (line, sentence): Located) -> Fault {
        Fault { file: format!("{}/blueprint.yaml", self.place), line, sentence }
    }

    fn in_template(&self, (line, sentence): Located) -> Fault {
        Fault { file: format!("{}/template.yaml", self.place), line, sentence }
    }
}

impl Metadata {
    fn faults(&self, folder: &str) -> Vec<Located> {
        let mut faults = Vec::new();
        let id = &self.id.value;
        if !folder.is_empty() && id != folder {
            faults.push((
                self.id.defined.line(),
                format!("the id `{id}` differs from the folder `{folder}`: make them the same."),
            ));
        }
        if !id.starts_with(|c: char| c.is_ascii_lowercase())
            || id.contains(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        {
            faults.push((
                self.id.defined.line(),
                format!("the id `{id}` may have lower-case letters, digits and dashes only."),
            ));
        }
        let numbers: Vec<&str> = self.version.value.split('.').collect();
        if numbers.len() != 3 || numbers.iter().any(|n| n.parse::<u32>().is_err()) {
            faults.push((
                self.version.defined.line(),
                format!("`{}` is no version: write three numbers, like 1.0.0.", self.version.value),
            ));
        }
        if self.accepts_account_types.value.is_empty() {
            let line = self.accepts_account_types.defined.line();
            faults.push((line, "nobody can choose it: list Production, Sandbox or both.".to_owned()));
        }
        for name in self.provides_ssm.value.iter().filter(|name| !name.starts_with('/')) {
            faults.push((self.provides_ssm.defined.line(), format!("`{name}` is no SSM name: begin it with a slash.")));
        }
        faults
    }

    /// Names the parameters use that nobody declares.
    fn strangers(&self, template: &Template) -> Vec<Located> {
        let parameters = &self.parameters.0;
        let mut faults = Vec::new();
        for (Spanned { value: name, defined, .. }, raw) in parameters {
            let unknown = |primary: &&String| parameters.iter().all(|(known, _)| known.value != **primary);
            if let Some(primary) = raw.secondary_of.as_ref().filter(unknown) {
                let sentence = format!("{name} is secondary to {primary}, which is no parameter: correct the name.");
                faults.push((defined.line(), sentence));
            }
            let there = template_name(name);
            if raw.in_template && template.section("Parameters").all(|(declared, _)| *declared != there) {
                let sentence =
                    format!("the template has no parameter {there}: add it there, or set `in_template: false`.");
                faults.push((defined.line(), sentence));
            }
        }
        faults
    }

    fn into_blueprint(self, template: Template) -> (Blueprint, Vec<Located>) {
        let mut faults = Vec::new();
        let mut parameters = Vec::new();
        for (name, raw) in self.parameters.0 {
            let line = name.defined.line();
            match raw.into_parameter(name.value) {
                Ok(parameter) => parameters.push(parameter),
                Err(sentence) => faults.push((line, sentence)),
            }
        }
        let blueprint = Blueprint {
            id: self.id.value,
            version: self.version.value,
            title: self.title,
            description: self.description,
            owner: self.owner,
            accepts_account_types: self.accepts_account_types.value,
            capabilities: self.capabilities,
            on_failure: self.on_failure,
            monthly_cost_usd: self.monthly_cost_usd,
            parameters,
            provides_ssm: self.provides_ssm.value,
            subnets_per_zone: self.subnets_per_zone,
            template,
        };
        (blueprint, faults)
    }
}

impl RawParameter {
    fn into_parameter(self, name: String) -> Result<Parameter, String> {
        let pattern = self.pattern.map(|text| Regex::new(&text).map(Pattern)).transpose();
        let pattern = pattern.map_err(|error| {
            let last = error.to_string().lines().last().unwrap_or_default().to_owned();
            format!("the pattern of {name} is no regular expression: {last}.")
        })?;
        if self.ask && self.source.is_some() {
            return Err(format!("{name} is asked and has a source: keep one of `ask` and `source`."));
        }
        if self.source == Some(Source::Allocator) && (self.pool.is_none() || self.prefix.is_none()) {
            return Err(format!("{name} comes from an allocator: add `pool` and `prefix`."));
        }
        let vpc = network::VPC_LARGEST..=network::VPC_SMALLEST;
        if self.prefix.is_some_and(|prefix| !vpc.contains(&prefix)) {
            return Err(format!("AWS takes no such range for a VPC: give {name} a `prefix` from 16 to 28."));
        }
        let mut parameter = Parameter {
            kind: self.kind,
            description: self.description,
            default: None,
            ask: self.ask,
            source: self.source,
            pool: self.pool,
            prefix: self.prefix,
            pattern,
            allowed: self.allowed.into_iter().map(Scalar::into_text).collect(),
            min: self.min,
            max: self.max,
            secondary_of: self.secondary_of,
            in_template: self.in_template,
            name,
        };
        if let Some(default) = self.default.map(Scalar::into_text) {
            let read = parameter.read(&default);
            parameter.default = Some(read.map_err(|s| format!("the default of {} is wrong: {s}", parameter.name))?);
        } else if !parameter.ask && parameter.source.is_none() {
            return Err(format!("nothing gives {} a value: add `default`, `ask: true` or `source`.", parameter.name));
        }
        Ok(parameter)
    }
}

/// Parameters of the template that `blueprint.yaml` gives no value.
fn undeclared(blueprint: &Blueprint) -> Vec<Located> {
    let template = &blueprint.template;
    let given: Vec<String> =
        blueprint.parameters.iter().filter(|p| p.in_template).map(Parameter::template_name).collect();
    template
        .section("Parameters")
        .filter(|(name, _)| !given.contains(name))
        .map(|(name, _)| (template.line_of(name), format!("{name} is not in blueprint.yaml: add it to `parameters`.")))
        .collect()
}
