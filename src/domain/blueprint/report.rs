//! The catalogue as people and programs see it: `vend blueprints list` and
//! `show`, the REST listing and `docs/blueprints.md` are all made from these.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Blueprint, Catalogue, Kind, Parameter, Source};
use crate::domain::spec::AccountType;

/// One line of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Blueprint)]
pub struct BlueprintView {
    /// Catalogue id.
    pub id: String,
    /// The current version.
    pub version: String,
    /// Shown in choices.
    pub title: String,
    /// One sentence on what it is.
    pub description: String,
    /// The team that answers for it.
    pub owner: String,
    /// The account types it may be chosen for.
    pub accepts_account_types: Vec<AccountType>,
    /// Cost before anyone uses it, in words.
    pub monthly_cost: String,
    /// What the default parameters create, in words.
    pub creates: String,
    /// The parameters, in the order they are asked and shown.
    pub parameters: Vec<ParameterView>,
    /// The SSM parameter names the stack writes.
    pub provides_ssm: Vec<String>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BlueprintParameter)]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// `cidr`, `int`, `string`, `bool` or `list`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// What it is for.
    pub description: String,
    /// Whether people are asked for it.
    pub ask: bool,
    /// Where its value comes from when nobody is asked, in words.
    pub from: String,
    /// Its default.
    pub default: Option<String>,
    /// The only values there are; empty for no such rule.
    pub allowed: Vec<String>,
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
            ask: parameter.ask,
            from,
            default: parameter.default.clone(),
            allowed: parameter.allowed.clone(),
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
            monthly_cost: blueprint.monthly_cost_usd.to_string(),
            creates: blueprint.in_words(&BTreeMap::new()),
            parameters: blueprint.parameters.iter().map(Into::into).collect(),
            provides_ssm: blueprint.provides_ssm.clone(),
        }
    }
}

/// Every current blueprint, or those that fit one account type.
#[must_use]
pub fn list(catalogue: &Catalogue, account_type: Option<AccountType>) -> Vec<BlueprintView> {
    let fits = |b: &&Blueprint| account_type.is_none_or(|t| b.accepts(t));
    catalogue.all().iter().filter(fits).map(Into::into).collect()
}

/// The catalogue as Markdown, for `docs/blueprints.md`.
#[must_use]
pub fn markdown(catalogue: &Catalogue) -> String {
    let mut text = String::from("| blueprint | for | creates, with its defaults | cost |\n|---|---|---|---|\n");
    for b in list(catalogue, None) {
        let types: Vec<&str> = b.accepts_account_types.iter().map(|t| t.word()).collect();
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) {1} | {2} | {3} | {4} |",
            b.id,
            b.version,
            types.join(", "),
            b.creates,
            b.monthly_cost
        );
    }
    for b in list(catalogue, None) {
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
