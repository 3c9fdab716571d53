//! Account sets in a conversation: what was answered so far is judged as a whole set,
//! and a refused answer is asked for again, as with a single account.

use std::collections::BTreeMap;

use crate::domain::dialogue::slot;
use crate::domain::preflight::Checklist;
use crate::domain::set::StageName;
use crate::domain::set::draft::{PLACE, PipelineDraft, SetDraft, StageDraft};
use crate::ports::dialogue::{Next, Slots, Turn};
use crate::say::talk;

use super::converse::once;
use super::{Said, Service, ServiceError, Speaker};

/// The slots of `RequestAccountSet`, in the order asked, and how the fields begin that each one fills.
const FIELDS: [(&str, &[&str]); 7] = [
    (slot::SET_NAME, &["account_set.name"]),
    (slot::GOVERNANCE_ACCOUNT, &["account_set.pipeline.account"]),
    (slot::SET_REGION, &["account_set.pipeline.region"]),
    (slot::ROOT_EMAILS, &["account_set.root_email"]),
    (slot::ACCOUNT_OU, &["account_set.organizational_unit"]),
    (slot::EXECUTION_POLICY, &["account_set.execution_policy"]),
    (slot::PURPOSE, &["purpose"]),
];

impl Service {
    /// Judges the answers given so far and asks on, or asks again for one that is refused.
    pub(super) async fn go_on_with_set(&self, speaker: &Speaker, turn: Turn) -> Result<Said, ServiceError> {
        let (checklist, spec) = self.preflight_set(&draft(&turn.slots), &speaker.requester).await?;
        if let Some((slot, why)) = refused(&turn.slots, &checklist) {
            return self.ask_again(speaker, slot, &why).await;
        }
        if turn.next == Next::Confirm && !checklist.is_clear() {
            // A limit that is reached, or nobody who may decide: no answer can cure that.
            self.forget(speaker).await;
            let faults: Vec<_> = checklist.faults().map(|fault| fault.text.as_str()).collect();
            return Ok(Said::words(faults.join(" ")));
        }
        self.ask(&turn, spec.as_ref()).await
    }

    /// Everything is said and confirmed: makes the request.
    pub(super) async fn request_set(&self, speaker: &Speaker, slots: &Slots) -> Result<Said, ServiceError> {
        match self.submit_set(&draft(slots), &speaker.requester, &speaker.actor, once(speaker)).await {
            Ok(made) => {
                let request = made.view.id.parse().ok();
                Ok(Said { request, ..Said::words(talk::submitted(&made.view)) })
            }
            Err(error @ ServiceError::Invalid(_)) => Ok(Said::words(error.sentence())),
            Err(error) => Err(error),
        }
    }
}

fn draft(slots: &Slots) -> SetDraft {
    let value = |slot: &str| slots.get(slot).cloned();
    let (root_email, stages) = slots.get(slot::ROOT_EMAILS).map(|text| root_emails(text)).unwrap_or_default();
    let (account, region) = (value(slot::GOVERNANCE_ACCOUNT), value(slot::SET_REGION));
    SetDraft {
        name: value(slot::SET_NAME).map(|name| name.to_lowercase()),
        pipeline: PipelineDraft { account, region, execution_policy: None },
        root_email,
        organizational_unit: value(slot::ACCOUNT_OU),
        execution_policy: value(slot::EXECUTION_POLICY),
        stages,
        purpose: value(slot::PURPOSE),
        ..SetDraft::default()
    }
}

/// One address with a place for the stage's word, or an address for each stage in turn.
fn root_emails(text: &str) -> (Option<String>, BTreeMap<String, StageDraft>) {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| word.contains('@')).collect();
    if let [dev, preprod, prod] = words.as_slice() {
        let own = StageName::ALL.into_iter().zip([dev, preprod, prod]);
        let draft = |email: &str| StageDraft { root_email: Some(email.to_owned()), ..StageDraft::default() };
        return (None, own.map(|(stage, email)| (stage.word().to_owned(), draft(email))).collect());
    }
    let pattern = words.first().copied().unwrap_or(text).replace("STAGE", PLACE).replace("<stage>", PLACE);
    (Some(pattern), BTreeMap::new())
}

/// The first slot, in the order asked, whose value was refused.
fn refused(slots: &Slots, checklist: &Checklist) -> Option<(&'static str, String)> {
    FIELDS.iter().filter(|(slot, _)| slots.contains_key(*slot)).find_map(|(slot, fields)| {
        let of_a_stage = |field: &str| match *slot {
            slot::ROOT_EMAILS => field.ends_with(".root_email"),
            slot::SET_NAME => field.ends_with(".account_name"),
            _ => false,
        };
        let fault = checklist.faults().find(|fault| {
            fields.contains(&fault.field.as_str())
                || (fault.field.starts_with("account_set.stages.") && of_a_stage(&fault.field))
        })?;
        // In words people use one sign for the stage's place, as the question does.
        Some((*slot, fault.text.replace(PLACE, "STAGE")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_pattern_or_one_for_each_stage() {
        assert_eq!(root_emails("ml-STAGE@example.com please").0.as_deref(), Some("ml-{stage}@example.com"));
        assert_eq!(root_emails("ml-{stage}@example.com").0.as_deref(), Some("ml-{stage}@example.com"));
        let (pattern, stages) = root_emails("a@example.com, b@example.com and c@example.com");
        assert_eq!((pattern, stages["prod"].root_email.as_deref()), (None, Some("c@example.com")));
        assert_eq!(root_emails("a@example.com").0.as_deref(), Some("a@example.com"));
    }
}
