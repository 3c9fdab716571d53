//! The rules every blueprint passes, offline: each is one small function over
//! the parsed blueprint, listed in [`RULES`]. What AWS's own schema demands is
//! cfn-lint's to say, not ours.
//!
//! A template explains an exception on the resource itself, where a reviewer
//! looks: `Metadata: {Explained: {<what>: <why>}}`.

mod access;
mod naming;
mod network;
mod reading;
mod storage;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::access::is_known as is_known_action;
use super::{Blueprint, Catalogue};

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The blueprint's id.
    pub blueprint: String,
    /// The line of `template.yaml`, from 1; 0 for the whole file.
    pub line: u64,
    /// The rule's name, like `open-ingress`.
    pub rule: String,
    /// What is wrong and what to do, in one sentence.
    pub sentence: String,
}

/// What `vend blueprints check` found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The blueprints that were checked, as `id version`.
    pub checked: Vec<String>,
    /// The rules that were applied, in order.
    pub rules: Vec<String>,
    /// Everything found, by blueprint and line.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds what another checker found, under its name.
    pub fn add(&mut self, rule: &str, findings: impl IntoIterator<Item = Finding>) {
        self.rules.push(rule.to_owned());
        self.findings.extend(findings);
        self.findings.sort();
    }
}

/// A rule breach inside one template: the member it is about, and a sentence.
type Breach = (String, String);

type Rule = fn(&Blueprint) -> Vec<Breach>;

/// Every rule, by the name shown to people.
pub const RULES: [(&str, Rule); 12] = [
    ("open-ingress", network::open_ingress),
    ("subnet-count", network::subnet_count),
    ("buckets", storage::buckets),
    ("wildcards", access::wildcards),
    ("unknown-action", access::unknown_action),
    ("forbidden-role-name", access::forbidden_role_name),
    ("capabilities", access::capabilities),
    ("names", naming::names),
    ("exports", naming::exports),
    ("ssm-names", naming::ssm_names),
    ("tags", naming::tags),
    ("size", storage::size),
];

/// Checks one blueprint against every rule.
#[must_use]
pub fn blueprint(blueprint: &Blueprint) -> Vec<Finding> {
    let apply = |(rule, check): &(&str, Rule)| {
        let finding = |(member, sentence): Breach| Finding {
            blueprint: blueprint.id.clone(),
            line: blueprint.template.line_of(&member),
            rule: (*rule).to_owned(),
            sentence: if member.is_empty() { sentence } else { format!("{member} {sentence}") },
        };
        check(blueprint).into_iter().map(finding).collect::<Vec<_>>()
    };
    let mut findings: Vec<Finding> = RULES.iter().flat_map(apply).collect();
    findings.sort();
    findings
}

/// Checks every current blueprint of a catalogue.
#[must_use]
pub fn catalogue(catalogue: &Catalogue) -> Report {
    Report {
        checked: catalogue.all().iter().map(|b| format!("{} {}", b.id, b.version)).collect(),
        rules: RULES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        findings: catalogue.all().iter().flat_map(blueprint).collect(),
    }
}

/// Whether blueprints can be deployed into one account: each SSM name has one
/// writer. `applications` are the SSM names written by what is deployed beside
/// them, by application.
#[must_use]
pub fn together(chosen: &[&Blueprint], applications: &BTreeMap<String, Vec<String>>) -> Vec<Finding> {
    let mut writers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let blueprints = chosen.iter().flat_map(|b| b.provides_ssm.iter().map(|name| (name, &b.id)));
    let beside = applications.iter().flat_map(|(id, names)| names.iter().map(move |name| (name, id)));
    for (name, writer) in blueprints.chain(beside) {
        writers.entry(name).or_default().push(writer);
    }
    let clashes = writers.into_iter().filter(|(_, by)| by.len() > 1);
    clashes
        .map(|(name, by)| Finding {
            blueprint: by[0].to_owned(),
            line: 0,
            rule: "ssm-names".to_owned(),
            sentence: format!("{} all write the SSM name {name}: choose one of them.", by.join(" and ")),
        })
        .collect()
}
