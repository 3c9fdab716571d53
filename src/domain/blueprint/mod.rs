//! The blueprint catalogue: what can be deployed into a vended account, its
//! parameters and their rules. Knows text and numbers only: folders are read
//! by the embedded catalogue adapter, stacks are made by a deployer.
//!
//! Reading order: this file, [`parameter`] (one parameter and its rules),
//! [`resolve`] (all parameters of one request), [`ranges`] (what no other account
//! may share), [`template`] (what a template
//! creates), [`parse`] (the schema of `blueprint.yaml`), [`check`] (the rules
//! every template passes).

pub mod check;
pub mod network;
pub mod parameter;
pub mod parse;
pub mod portfolio;
pub mod ranges;
pub mod report;
pub mod resolve;
pub mod shipped;
pub mod template;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::spec::AccountType;
pub use parameter::{Kind, Parameter, Source};
pub use template::{Resource, Template};

/// What is wrong with a catalogue file, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The file, as it was named to the loader.
    pub file: String,
    /// From 1; 0 when the fault is about the whole file.
    pub line: u64,
    /// One sentence that says what to change.
    pub sentence: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.sentence),
            line => write!(f, "{}:{line}: {}", self.file, self.sentence),
        }
    }
}

/// What a failed stack does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// It stays as it is, so that a retry continues from the point of failure.
    #[default]
    Preserve,
    /// It is undone at once.
    Rollback,
}

/// What a blueprint costs before anyone uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthlyCost {
    /// US dollars a month with the default parameters, at us-east-1 list prices.
    pub base: u32,
    /// What makes up the sum.
    pub notes: String,
}

impl fmt::Display for MonthlyCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about ${} a month", self.base)?;
        match self.notes.trim() {
            "" => Ok(()),
            notes => write!(f, " ({notes})"),
        }
    }
}

/// One deployable blueprint at one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// Catalogue id, like `ml-workload-prod`; never carries the version.
    pub id: String,
    /// Semantic version, like `1.0.0`.
    pub version: String,
    /// Shown in choices.
    pub title: String,
    /// One sentence on what it is.
    pub description: String,
    /// The team that answers for it; becomes the tag `owner`.
    pub owner: String,
    /// The account types it may be chosen for.
    pub accepts_account_types: Vec<AccountType>,
    /// `CloudFormation` capabilities the stack needs.
    pub capabilities: Vec<String>,
    /// What a failed stack does.
    pub on_failure: OnFailure,
    /// What it costs before anyone uses it.
    pub monthly_cost_usd: MonthlyCost,
    /// In the order they are asked and shown.
    pub parameters: Vec<Parameter>,
    /// The SSM parameter names the stack writes.
    pub provides_ssm: Vec<String>,
    /// Subnets of each tier per availability zone, by the start of their logical id.
    pub subnets_per_zone: BTreeMap<String, u32>,
    /// The parsed template.
    pub template: Template,
}

impl Blueprint {
    /// The parameters a person is asked for, in order.
    pub fn asked(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| p.ask)
    }

    /// The parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// Whether it may be chosen for an account of this type.
    #[must_use]
    pub fn accepts(&self, account_type: AccountType) -> bool {
        self.accepts_account_types.contains(&account_type)
    }

    /// What these parameters create; missing parameters count with their default.
    /// Its length is the total of `12 of 38 resources`.
    #[must_use]
    pub fn resources(&self, parameters: &BTreeMap<String, String>) -> Vec<Resource> {
        self.template.resources(&self.with_defaults(parameters))
    }

    /// What these parameters create, in words for requester and approver,
    /// like `1 VPC, 4 subnets and 1 NAT gateway`.
    #[must_use]
    pub fn in_words(&self, parameters: &BTreeMap<String, String>) -> String {
        template::in_words(&self.resources(parameters))
    }

    /// The resolved parameters as the template takes them: under its names,
    /// without those it does not know.
    #[must_use]
    pub fn stack_parameters(&self, resolved: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        self.parameters
            .iter()
            .filter(|p| p.in_template)
            .filter_map(|p| Some((p.template_name(), resolved.get(&p.name)?.clone())))
            .collect()
    }

    /// The template, word for word.
    #[must_use]
    pub fn template_text(&self) -> &str {
        self.template.text()
    }

    fn with_defaults(&self, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let defaults = self.parameters.iter().filter_map(|p| Some((p.name.clone(), p.default.clone()?)));
        let mut all: BTreeMap<_, _> = defaults.collect();
        all.extend(given.clone());
        self.stack_parameters(&all)
    }
}

/// Every blueprint that can be chosen, with the older versions that vended
/// accounts still carry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    current: Vec<Blueprint>,
    older: Vec<Blueprint>,
}

impl Catalogue {
    /// A catalogue of these blueprints; `older` ones are found only by version.
    ///
    /// # Errors
    /// One fault for every id, or id and version, that is there twice.
    pub fn new(mut current: Vec<Blueprint>, older: Vec<Blueprint>) -> Result<Self, Vec<Fault>> {
        current.sort_by(|a, b| a.id.cmp(&b.id));
        let mut faults: Vec<Fault> = current
            .windows(2)
            .filter(|pair| pair[0].id == pair[1].id)
            .map(|pair| twice(&pair[0], "give one of them another id"))
            .collect();
        for (place, old) in older.iter().enumerate() {
            let same = |b: &Blueprint| b.id == old.id && b.version == old.version;
            if current.iter().chain(&older[..place]).any(same) {
                faults.push(twice(old, "raise the version of the newer one"));
            }
        }
        if faults.is_empty() { Ok(Self { current, older }) } else { Err(faults) }
    }

    /// The current version of a blueprint.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Blueprint> {
        self.current.iter().find(|b| b.id == id)
    }

    /// A blueprint at the version that was approved.
    #[must_use]
    pub fn get_version(&self, id: &str, version: &str) -> Option<&Blueprint> {
        self.current.iter().chain(&self.older).find(|b| b.id == id && b.version == version)
    }

    /// What people may choose, by id: what fits an account of this type, where it is known, and is
    /// set up with what the installation configures.
    pub fn offered(
        &self,
        account_type: Option<AccountType>,
        configured: &BTreeMap<String, String>,
    ) -> impl Iterator<Item = &Blueprint> {
        let fits = move |blueprint: &Blueprint| account_type.is_none_or(|wanted| blueprint.accepts(wanted));
        self.current.iter().filter(move |blueprint| fits(blueprint) && blueprint.is_set_up(configured))
    }

    /// Every current blueprint, by id.
    #[must_use]
    pub fn all(&self) -> &[Blueprint] {
        &self.current
    }

    /// The older versions of a blueprint.
    pub fn older_versions(&self, id: &str) -> impl Iterator<Item = &Blueprint> {
        self.older.iter().filter(move |b| b.id == id)
    }
}

fn twice(blueprint: &Blueprint, fix: &str) -> Fault {
    let sentence = format!("`{}` version {} is in the catalogue twice: {fix}.", blueprint.id, blueprint.version);
    Fault { file: format!("{}/blueprint.yaml", blueprint.id), line: 0, sentence }
}
