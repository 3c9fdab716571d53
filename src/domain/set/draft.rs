//! An account set as a person gave it, unchecked, and the draft of each of its accounts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{StageName, account_type};
use crate::domain::blueprint::Catalogue;
use crate::domain::spec::Draft;

/// The blueprint of stages that name none.
pub const BLUEPRINT: &str = "mlops-stage";
/// What stands for the stage's word in an address.
pub const PLACE: &str = "{stage}";

/// The fields of a set as a person gave them; every channel fills this and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetDraft {
    /// A lower-case letter, then letters, digits and hyphens, at most 31 in all.
    pub name: Option<String>,
    /// The governance account, where the pipelines run. It exists already.
    pub pipeline: PipelineDraft,
    /// The region of stages that name none; the pipeline's when left out.
    pub default_region: Option<String>,
    /// The root address of stages that name none, with `{stage}` where the stage's word goes.
    pub root_email: Option<String>,
    /// The organizational unit of stages that name none.
    pub organizational_unit: Option<String>,
    /// The blueprint of stages that name none; `mlops-stage` when left out.
    pub blueprint: Option<String>,
    /// `AdministratorAccess`, `least-privilege` or the ARN of a managed policy, for whoever names none.
    pub execution_policy: Option<String>,
    /// `dev`, `preprod`, `prod`: what is not as above.
    pub stages: BTreeMap<String, StageDraft>,
    /// Why the accounts are needed, for the approver.
    #[serde(skip)]
    #[schema(ignore)]
    pub purpose: Option<String>,
    /// Cost centre to tag the accounts with.
    #[serde(skip)]
    #[schema(ignore)]
    pub cost_centre: Option<String>,
    /// More tags for the accounts.
    #[serde(skip)]
    #[schema(ignore)]
    pub tags: BTreeMap<String, String>,
}

/// The governance account as a person gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PipelineDraft {
    /// Twelve digits.
    pub account: Option<String>,
    /// Like `eu-west-1`.
    pub region: Option<String>,
    /// Its own execution policy, where it is not bootstrapped yet.
    pub execution_policy: Option<String>,
}

/// One account of a set as a person gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StageDraft {
    /// The account's root address.
    pub root_email: Option<String>,
    /// Plain name or full form `Name (ou-id)`.
    pub organizational_unit: Option<String>,
    /// The account's region.
    pub region: Option<String>,
    /// The account's name; the set's name and the stage's word when left out.
    pub account_name: Option<String>,
    /// Blueprint id, or `none`.
    pub blueprint: Option<String>,
    /// The blueprint's parameters.
    pub blueprint_parameters: BTreeMap<String, String>,
    /// The account's execution policy.
    pub execution_policy: Option<String>,
}

/// What a person gave; blanks count as nothing.
pub(super) fn given(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn first(own: Option<&String>, common: Option<&String>) -> Option<String> {
    given(own).or_else(|| given(common)).map(str::to_owned)
}

impl SetDraft {
    /// What was given for one stage alone.
    #[must_use]
    pub fn own(&self, stage: StageName) -> StageDraft {
        self.stages.get(stage.word()).cloned().unwrap_or_default()
    }

    /// The execution policy a person chose for a stage.
    #[must_use]
    pub fn execution_policy(&self, stage: StageName) -> Option<String> {
        first(self.own(stage).execution_policy.as_ref(), self.execution_policy.as_ref())
    }

    /// The region a person chose for a stage, inherited or not.
    #[must_use]
    pub fn region(&self, stage: StageName) -> Option<String> {
        first(self.own(stage).region.as_ref(), self.default_region.as_ref())
            .or_else(|| given(self.pipeline.region.as_ref()).map(str::to_owned))
    }

    /// The account of one stage as a draft, checked like any other account's.
    #[must_use]
    pub fn account(&self, stage: StageName, catalogue: &Catalogue) -> Draft {
        let own = self.own(stage);
        let pattern = given(self.root_email.as_ref()).filter(|text| text.contains(PLACE));
        let from_pattern = pattern.map(|text| text.replace(PLACE, stage.word()));
        let name = given(self.name.as_ref()).map(|name| format!("{name}-{}", stage.word()));
        let blueprint = first(own.blueprint.as_ref(), self.blueprint.as_ref()).unwrap_or_else(|| BLUEPRINT.to_owned());
        Draft {
            account_type: Some(account_type(stage).word().to_owned()),
            root_email: given(own.root_email.as_ref()).map(str::to_owned).or(from_pattern),
            organizational_unit: first(own.organizational_unit.as_ref(), self.organizational_unit.as_ref()),
            account_name: given(own.account_name.as_ref()).map(str::to_owned).or(name),
            blueprint_parameters: self.parameters(stage, &blueprint, catalogue),
            blueprint: Some(blueprint),
            purpose: self.purpose.clone(),
            cost_centre: self.cost_centre.clone(),
            tags: self.tags.clone(),
        }
    }

    /// What the person gave, with what the set itself says for a blueprint that asks it.
    fn parameters(&self, stage: StageName, blueprint: &str, catalogue: &Catalogue) -> BTreeMap<String, String> {
        let mut parameters = self.own(stage).blueprint_parameters;
        let Some(blueprint) = catalogue.get(&blueprint.to_ascii_lowercase()) else { return parameters };
        let name = given(self.name.as_ref()).unwrap_or_default();
        for (parameter, value) in [("SetName", name), ("StageName", stage.word())] {
            if blueprint.parameter(parameter).is_some_and(|known| known.ask) {
                parameters.insert(parameter.to_owned(), value.to_owned());
            }
        }
        parameters
    }
}
