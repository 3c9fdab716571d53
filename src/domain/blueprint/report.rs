//! The catalogue as people and programs see it: `vend blueprints list` and
//! `show`, the REST listing and `docs/blueprints.md` are all made from these.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Blueprint, Catalogue, Kind, Parameter, Source};
use crate::domain::spec::AccountType;

/// One blueprint at its current version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Blueprint)]
pub struct BlueprintView {
    /// What to give as `blueprint`.
    #[schema(example = "ml-workload-nonprod")]
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// Shown in choices.
    pub title: String,
    /// One sentence on what it is.
    pub description: String,
    /// The team that answers for it.
    pub owner: String,
    /// The account types it may be chosen for.
    pub accepts_account_types: Vec<AccountType>,
    /// US dollars a month with the default parameters.
    pub monthly_cost_usd: u32,
    /// What makes up the cost.
    pub monthly_cost_notes: String,
    /// What it creates with the default parameters, in words.
    pub creates: String,
    /// In the order they are asked and shown.
    pub parameters: Vec<ParameterView>,
    /// The SSM parameter names the stack writes.
    pub provides_ssm: Vec<String>,
}

/// One parameter of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BlueprintParameter)]
pub struct ParameterView {
    /// What to give in `blueprint_parameters`.
    pub name: String,
    /// `cidr`, `int`, `string`, `bool` or `list` (values separated by commas).
    #[schema(value_type = String, example = "cidr")]
    pub kind: Kind,
    /// What it is for.
    pub description: String,
    /// Used when nothing else gives a value.
    pub default: Option<String>,
    /// Whether people are asked for it.
    pub asked: bool,
    /// Where its value comes from, in words.
    #[schema(example = "default; may be given")]
    pub from: String,
    /// The only values there are; empty for no such rule.
    pub allowed: Vec<String>,
    /// What a value (of a list: each) looks like, as a regular expression.
    pub pattern: Option<String>,
    /// Lower bound of the number, length, count or prefix length.
    pub min: Option<i64>,
    /// Upper bound.
    pub max: Option<i64>,
}

impl From<&Parameter> for ParameterView {
    fn from(parameter: &Parameter) -> Self {
        let from = match (parameter.ask, parameter.source) {
            (true, _) => "you are asked".to_owned(),
            (false, Some(Source::Config)) => format!("configuration, `{}`", parameter.config_key()),
            (false, Some(Source::Allocator)) => {
                format!("allocator, pool `{}`; may be given", parameter.pool.as_deref().unwrap_or("default"))
            }
            (false, None) => "default; may be given".to_owned(),
        };
        Self {
            name: parameter.name.clone(),
            kind: parameter.kind,
            description: parameter.description.clone(),
            default: parameter.default.clone(),
            asked: parameter.ask,
            from,
            allowed: parameter.allowed.clone(),
            pattern: parameter.pattern.as_ref().map(|pattern| pattern.0.as_str().to_owned()),
            min: parameter.min,
            max: parameter.max,
        }
    }
}

impl From<&Blueprint> for BlueprintView {
    fn from(blueprint: &Blueprint) -> Self {
        Self {
            id: blueprint.id.clone(),
            version: blueprint.version.clone(),
            title: blueprint.title.clone(),
            description: blueprint.description.clone(),
            owner: blueprint.owner.clone(),
            accepts_account_types: blueprint.accepts_account_types.clone(),
            monthly_cost_usd: blueprint.monthly_cost_usd.base,
            monthly_cost_notes: blueprint.monthly_cost_usd.notes.clone(),
            creates: blueprint.in_words(&BTreeMap::new()),
            parameters: blueprint.parameters.iter().map(Into::into).collect(),
            provides_ssm: blueprint.provides_ssm.clone(),
        }
    }
}

/// Every current blueprint, by id.
#[must_use]
pub fn list(catalogue: &Catalogue) -> Vec<BlueprintView> {
    catalogue.all().iter().map(Into::into).collect()
}

/// The catalogue as Markdown, for `docs/blueprints.md`.
#[must_use]
pub fn markdown(catalogue: &Catalogue) -> String {
    let mut text = String::from("| blueprint | for | creates, with its defaults | cost |\n|---|---|---|---|\n");
    for b in catalogue.all() {
        let types: Vec<&str> = b.accepts_account_types.iter().map(|t| t.word()).collect();
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) {1} | {2} | {3} | {4} |",
            b.id,
            b.version,
            types.join(", "),
            b.in_words(&BTreeMap::new()),
            b.monthly_cost_usd
        );
    }
    for b in list(catalogue) {
        let _ = write!(
            text,
            "\n### {}\n{}.\n\n| parameter | what it is | default | from |\n|---|---|---|---|\n",
            b.id, b.description
        );
        for p in &b.parameters {
            let default = p.default.as_ref().map_or_else(|| "none".to_owned(), |d| format!("`{d}`"));
            let _ = writeln!(text, "| `{}` | {} | {default} | {} |", p.name, p.description, p.from);
        }
        if !b.provides_ssm.is_empty() {
            let _ = write!(text, "\nWrites to SSM: `{}`.\n", b.provides_ssm.join("`, `"));
        }
    }
    text
}
