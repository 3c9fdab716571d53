//! The form for an account set: what it offers, and what becomes of one that was sent.
//! Judges nothing itself: the fields make the same draft that REST and the conversation make.

use std::collections::BTreeMap;

use super::SlackTrouble;
use super::desk::{Desk, Person};
use super::form::{FormAnswer, by_field, fault, full_name, of_one_form, on_offer};
use super::incoming::Submitted;
use crate::domain::blueprint::Blueprint;
use crate::domain::set::draft::{PipelineDraft, SetDraft, StageDraft};
use crate::domain::set::{StageName, account_type};
use crate::domain::spec::OrganizationalUnit;
use crate::ports::chat::{SetOffer, form};
use crate::service::ServiceError;

/// What a set says itself to a blueprint that asks.
const TOLD_BY_THE_SET: [&str; 2] = ["SetName", "StageName"];
/// What stands in the form until somebody writes something else.
const LEAST: &str = "least-privilege";

impl Desk<'_> {
    /// What the form offers to choose from.
    pub(super) async fn set_offer(&self) -> SetOffer {
        let blueprints = StageName::ALL.map(|stage| {
            let fitting = self.service.catalogue.all().iter().filter(|blueprint| fits(blueprint, stage));
            (stage, fitting.map(on_offer).collect())
        });
        let given = [("account_set.execution_policy".to_owned(), LEAST.to_owned())].into();
        SetOffer { organizational_units: self.units_on_offer().await, blueprints: blueprints.into(), given }
    }

    pub(super) async fn take_set(&self, sent: &Submitted, who: &Person) -> Result<FormAnswer, SlackTrouble> {
        let units = self.service.organizational_units().await?;
        let draft = draft(&sent.fields, &units);
        match self.service.submit_set(&draft, &who.requester, &who.actor, Some(of_one_form(sent))).await {
            Ok(_) => Ok(FormAnswer::Taken),
            Err(ServiceError::Invalid(checklist)) => {
                Ok(FormAnswer::Faults(by_field(&checklist.faults().collect::<Vec<_>>(), place)))
            }
            Err(error @ ServiceError::Unavailable(_)) => Err(error.into()),
            Err(error) => Ok(fault(form::SET_FIELDS[0], error.sentence())),
        }
    }
}

/// Whether a blueprint fits the stage and asks nothing the form has no field for.
fn fits(blueprint: &Blueprint, stage: StageName) -> bool {
    let known = |name: &str| TOLD_BY_THE_SET.contains(&name);
    blueprint.accepts(account_type(stage)) && blueprint.asked().all(|p| p.default.is_some() || known(&p.name))
}

/// The fields as a draft; a chosen unit comes back as its id and is given its full name.
fn draft(fields: &BTreeMap<String, String>, units: &[OrganizationalUnit]) -> SetDraft {
    let field = |name: &str| fields.get(name).cloned();
    let of_set = |name: &str| field(&format!("account_set.{name}"));
    SetDraft {
        name: of_set("name"),
        pipeline: PipelineDraft {
            account: of_set("pipeline.account"),
            region: of_set("pipeline.region"),
            execution_policy: of_set("pipeline.execution_policy"),
        },
        default_region: of_set("default_region"),
        root_email: of_set("root_email"),
        organizational_unit: of_set("organizational_unit").map(|chosen| full_name(chosen, units)),
        blueprint: of_set("blueprint"),
        execution_policy: of_set("execution_policy"),
        stages: StageName::ALL.map(|stage| (stage.word().to_owned(), of_stage(stage, fields, units))).into(),
        purpose: field("purpose"),
        cost_centre: field("cost_centre"),
        tags: BTreeMap::new(),
    }
}

fn of_stage(stage: StageName, fields: &BTreeMap<String, String>, units: &[OrganizationalUnit]) -> StageDraft {
    let field = |name: &str| fields.get(&form::stage_field(stage, name)).cloned();
    StageDraft {
        root_email: field("root_email"),
        organizational_unit: field("organizational_unit").map(|chosen| full_name(chosen, units)),
        region: field("region"),
        account_name: field("account_name"),
        blueprint: field("blueprint"),
        blueprint_parameters: BTreeMap::new(),
        execution_policy: field("execution_policy"),
    }
}

/// The field of the form a fault stands at: its own, else the nearest.
fn place(fault: &str) -> String {
    // `…blueprint_parameters.Name` stands at `…blueprint`.
    let of_blueprint = fault.find("blueprint_parameters").map(|at| format!("{}blueprint", &fault[..at]));
    let known = [Some(fault.to_owned()), of_blueprint]
        .into_iter()
        .flatten()
        .find(|field| form::set_fields().any(|known| known == *field));
    known.unwrap_or_else(|| form::SET_FIELDS[0].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_finds_a_field_that_is_on_the_form() {
        for (fault, field) in [
            ("account_set.pipeline.account", "account_set.pipeline.account"),
            ("account_set.stages.prod.region", "account_set.stages.prod.region"),
            ("account_set.stages.dev.blueprint_parameters.AzCount", "account_set.stages.dev.blueprint"),
            ("account_set.stages.dev.vpc_cidr", "account_set.name"),
            ("approval", "account_set.name"),
            ("purpose", "purpose"),
        ] {
            assert_eq!(place(fault), field);
        }
    }
}
