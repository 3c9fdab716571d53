//! Blueprint parameters in a conversation: once everything else is known, asks for
//! the values only a person can give, one by one, then goes on to the confirmation.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::blueprint::Parameter;
use crate::domain::dialogue::{intent, slot};
use crate::domain::preflight::Checklist;
use crate::ports::dialogue::{Next, Slots, Turn};
use crate::ports::store::{NewValue, StoreError};
use crate::say::talk;

use super::{Said, Service, ServiceError, Speaker};

/// How long answers are kept after the last one: as long as the shipped bot keeps its
/// session, so that whoever begins anew later is not taken to answer an old question.
const KEPT: Duration = Duration::from_mins(10);
/// Prefix of a blueprint parameter's field in a checklist.
pub(super) const FIELD: &str = "blueprint_parameters.";
/// Words that end the questions instead of answering one.
const WAYS_OUT: [&str; 5] = ["cancel", "stop", "never mind", "nevermind", "quit"];

/// What was asked and answered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AskedFor {
    /// The answers.
    pub(super) given: BTreeMap<String, String>,
    /// The question that is open.
    open: Option<Open>,
}

/// A question that is open, and the turn it interrupted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    parameter: String,
    slots: Slots,
    confirmation: String,
}

impl Service {
    pub(super) async fn asked_for(&self, speaker: &Speaker) -> Result<AskedFor, ServiceError> {
        let kept = self.store.get(&key(speaker), self.clock.now()).await?;
        Ok(kept.and_then(|kept| serde_json::from_str(&kept.value).ok()).unwrap_or_default())
    }

    /// Takes the text as the answer to the open question, when there is one.
    pub(super) async fn take_parameter(
        &self,
        speaker: &Speaker,
        asked: &AskedFor,
        text: &str,
    ) -> Result<Option<Said>, ServiceError> {
        let Some(Open { parameter, slots, confirmation }) = asked.open.clone() else { return Ok(None) };
        if WAYS_OUT.contains(&text.trim().to_lowercase().as_str()) {
            self.forget_parameters(speaker).await?;
            self.forget(speaker).await;
            return Ok(Some(Said::words(talk::DROPPED)));
        }
        let mut asked = AskedFor { open: None, ..asked.clone() };
        asked.given.insert(parameter, text.trim().to_owned());
        self.keep(speaker, &asked).await?;
        let turn =
            Turn { intent: intent::REQUEST_ACCOUNT.to_owned(), slots, next: Next::Confirm, message: confirmation };
        // Judging the answer may open the question again, and that asks back here: boxed.
        Ok(Some(Box::pin(self.go_on(speaker, turn, asked)).await?))
    }

    /// Everything but some parameters is good: asks for the first of them. Any
    /// other fault, like a limit that is reached, no answer can cure.
    pub(super) async fn ask_the_rest(
        &self,
        speaker: &Speaker,
        turn: Turn,
        mut asked: AskedFor,
        checklist: &Checklist,
    ) -> Result<Said, ServiceError> {
        let missing = checklist.faults().find_map(|fault| {
            let parameter = self.asked_parameter(&turn.slots, fault.field.strip_prefix(FIELD)?)?;
            Some((parameter.clone(), fault.text.clone()))
        });
        let Some((parameter, why)) = missing else {
            self.forget_parameters(speaker).await?;
            self.forget(speaker).await;
            let faults: Vec<_> = checklist.faults().map(|fault| fault.text.as_str()).collect();
            return Ok(Said::words(faults.join(" ")));
        };
        let refused = asked.given.remove(&parameter.name).is_some().then_some(why);
        let question = talk::ask_parameter(&parameter, refused.as_deref());
        let choices = parameter.allowed.clone();
        asked.open = Some(Open { parameter: parameter.name, slots: turn.slots, confirmation: turn.message });
        self.keep(speaker, &asked).await?;
        Ok(Said { choices, ..Said::words(question) })
    }

    /// With the values a text gives by name, like "`WithStudio` should be true": who has a default
    /// is not asked, and is told it with the last question.
    pub(super) async fn with_named(
        &self,
        speaker: &Speaker,
        slots: &Slots,
        mut asked: AskedFor,
        text: &str,
    ) -> Result<AskedFor, ServiceError> {
        let blueprint = slots.get(slot::BLUEPRINT).and_then(|id| self.catalogue.get(id));
        let before = asked.given.clone();
        for parameter in blueprint.iter().flat_map(|blueprint| blueprint.asked()) {
            if let Some(value) = named_in(text, &parameter.name) {
                asked.given.insert(parameter.name.clone(), value);
            }
        }
        if asked.given != before {
            self.keep(speaker, &asked).await?;
        }
        Ok(asked)
    }

    /// Whether a checklist field is a parameter of the chosen blueprint that is not asked for.
    pub(super) fn nobody_can_give(&self, slots: &Slots, field: &str) -> bool {
        field.strip_prefix(FIELD).is_some_and(|name| self.asked_parameter(slots, name).is_none())
    }

    /// The answers that fit the chosen blueprint; it may have been changed since.
    pub(super) fn answers_for(&self, slots: &Slots, asked: &AskedFor) -> BTreeMap<String, String> {
        let fits = |name: &str| self.asked_parameter(slots, name).is_some();
        asked.given.iter().filter(|(name, _)| fits(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn asked_parameter(&self, slots: &Slots, name: &str) -> Option<&Parameter> {
        let blueprint = self.catalogue.get(slots.get(slot::BLUEPRINT)?)?;
        blueprint.parameter(name).filter(|parameter| parameter.ask)
    }

    pub(super) async fn forget_parameters(&self, speaker: &Speaker) -> Result<(), ServiceError> {
        let nothing = AskedFor::default();
        if self.asked_for(speaker).await? == nothing { Ok(()) } else { self.keep(speaker, &nothing).await }
    }

    /// Keeps what was asked; of two messages at once the later one counts.
    async fn keep(&self, speaker: &Speaker, asked: &AskedFor) -> Result<(), ServiceError> {
        let text = serde_json::to_string(asked).map_err(|error| ServiceError::Broken(error.to_string()))?;
        let now = self.clock.now();
        let expected = self.store.get(&key(speaker), now).await?.map(|kept| kept.version);
        let expires_at = now.saturating_add(KEPT).ok();
        let kept = NewValue { key: key(speaker), value: text, expected, expires_at };
        match self.store.put(kept, now).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict) => Err(ServiceError::Unavailable("two messages at once".to_owned())),
            Err(error) => Err(error.into()),
        }
    }
}

/// The word behind a parameter's name and what people put between the two.
fn named_in(text: &str, name: &str) -> Option<String> {
    const BETWEEN: [&str; 6] = ["is", "to", "be", "as", "should", "shall"];
    let mut words = text.split([' ', '\t', '\n', '=', ':', '"', '`', ',']).filter(|word| !word.is_empty());
    words.find(|word| word.eq_ignore_ascii_case(name))?;
    let value = words.find(|word| !BETWEEN.contains(&word.to_ascii_lowercase().as_str()))?;
    let value = value.trim_end_matches(['.', '!', '?', ';']);
    (!value.is_empty()).then(|| value.to_owned())
}

fn key(speaker: &Speaker) -> String {
    format!("parameters/{}", speaker.session.0)
}

#[cfg(test)]
mod tests {
    use super::named_in;

    #[test]
    fn a_value_is_what_stands_behind_the_name() {
        let named = |text| named_in(text, "WithStudio");
        for text in
            ["WithStudio true", "set withstudio to true.", "no, WithStudio should be `true`!", "WithStudio=true"]
        {
            assert_eq!(named(text).as_deref(), Some("true"), "{text}");
        }
        for text in ["yes", "WithStudio", "WithStudio is", "what is WithStudioX true"] {
            assert_eq!(named(text), None, "{text}");
        }
    }
}
