//! The form for an account set: what it offers, and what becomes of one that was sent.
//! Judges nothing itself: the fields make the same draft that REST and the conversation make.

use std::collections::BTreeMap;

use super::SlackTrouble;
use super::desk::{Desk, Person};
use super::form::{FormAnswer, ask, by_field, fault, full_name, of_one_form};
use super::incoming::Submitted;
use super::questions::Chosen;
use crate::domain::preflight::Checklist;
use crate::domain::set::check::GOVERNANCE;
use crate::domain::set::draft::{PipelineDraft, SetDraft, StageDraft};
use crate::domain::set::{StageName, account_type};
use crate::domain::spec::OrganizationalUnit;
use crate::ports::chat::{Form, SetOffer, form, questions_of_stage};
use crate::service::ServiceError;

/// What stands in the form until somebody writes something else.
const LEAST: &str = "least-privilege";

impl Desk<'_> {
    /// What the form offers to choose from.
    pub(super) async fn set_offer(&self) -> SetOffer {
        let mut configured = self.service.settings.blueprint_values.clone();
        // The set says it itself.
        configured.entry(GOVERNANCE.to_owned()).or_default();
        let fitting = |stage| self.blueprints_on_offer(Some(account_type(stage)), &configured);
        let blueprints = StageName::ALL.map(|stage| (stage, fitting(stage)));
        let given = [("account_set.execution_policy".to_owned(), LEAST.to_owned())].into();
        let organizational_units = self.units_on_offer().await;
        SetOffer { organizational_units, blueprints: blueprints.into(), given, ..SetOffer::default() }
    }

    pub(super) async fn take_set(&self, sent: &Submitted, who: &Person) -> Result<FormAnswer, SlackTrouble> {
        let units = self.service.organizational_units().await?;
        let mut draft = draft(&sent.fields, &units);
        let chosen = self.blueprints_of(&draft);
        for (stage, chosen) in &chosen {
            let own = draft.stages.entry(stage.word().to_owned()).or_default();
            own.blueprint_parameters = chosen.answers(&sent.fields);
        }
        match self.service.submit_set(&draft, &who.requester, &who.actor, Some(of_one_form(sent))).await {
            Ok(_) => Ok(FormAnswer::Taken),
            Err(ServiceError::Invalid(checklist)) => Ok(self.set_refused(sent, &chosen, &checklist).await),
            Err(error @ ServiceError::Unavailable(_)) => Err(error.into()),
            Err(error) => Ok(fault(form::SET_FIELDS[0], error.sentence())),
        }
    }

    /// The blueprint of each account, its own or the set's.
    fn blueprints_of(&self, draft: &SetDraft) -> BTreeMap<StageName, Chosen<'_>> {
        let catalogue = &self.service.catalogue;
        let of = |stage| catalogue.get(&draft.account(stage, catalogue).blueprint?.to_ascii_lowercase());
        StageName::ALL.into_iter().filter_map(|stage| Some((stage, Chosen::of_stage(of(stage)?, stage)))).collect()
    }

    /// Faults at their fields; where only answers to blueprints are missing, the form comes back with them.
    async fn set_refused(
        &self,
        sent: &Submitted,
        chosen: &BTreeMap<StageName, Chosen<'_>>,
        checklist: &Checklist,
    ) -> FormAnswer {
        let on_form = |stage: StageName, chosen: &Chosen<'_>| {
            sent.metadata.split(' ').any(|word| word == questions_of_stage(stage, &chosen.blueprint.id))
        };
        let (known, new): (Vec<_>, Vec<_>) = chosen.iter().partition(|(stage, chosen)| on_form(**stage, chosen));
        let fields =
            |of: &[(&StageName, &Chosen<'_>)]| of.iter().flat_map(|(_, chosen)| chosen.fields()).collect::<Vec<_>>();
        let (known, new) = (fields(&known), fields(&new));
        let (missing, wrong): (Vec<_>, Vec<_>) = checklist.faults().partition(|fault| new.contains(&fault.field));
        if !missing.is_empty() && wrong.is_empty() {
            let asked = chosen.iter().filter(|(_, chosen)| !chosen.fields().is_empty());
            let questions = asked.map(|(stage, chosen)| (*stage, chosen.questions())).collect();
            let given = chosen.values().flat_map(Chosen::defaults).chain(sent.fields.clone()).collect();
            return ask(Form::Set(SetOffer { questions, given, ..self.set_offer().await }), &missing);
        }
        FormAnswer::Faults(by_field(&wrong, |fault| place(fault, &known)))
    }
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

/// The field of the form a fault stands at: its own, else the nearest. `asked` are those of blueprints' questions.
fn place(fault: &str, asked: &[String]) -> String {
    // `…blueprint_parameters.Name` stands at `…blueprint`.
    let of_blueprint = fault.find("blueprint_parameters").map(|at| format!("{}blueprint", &fault[..at]));
    let known = [Some(fault.to_owned()), of_blueprint]
        .into_iter()
        .flatten()
        .find(|field| asked.contains(field) || form::set_fields().any(|known| known == *field));
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
            assert_eq!(place(fault, &[]), field);
        }
        let asked = "account_set.stages.dev.blueprint_parameters.AzCount";
        assert_eq!(place(asked, &[asked.to_owned()]), asked);
    }
}
