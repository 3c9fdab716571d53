//! Blueprint parameters in a conversation: once everything else is known, asks for
//! the values only a person can give, one by one, then goes on to the confirmation.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::blueprint::{Blueprint, Parameter};
use crate::domain::dialogue::{intent, slot};
use crate::domain::preflight::Checklist;
use crate::domain::text::one_line;
use crate::ports::dialogue::{Next, Slots, Turn};
use crate::ports::store::{NewValue, StoreError};
use crate::say::talk::{self, answer_before};

use super::parameter_words::{answer, named};
use super::{Said, Service, ServiceError, Speaker};

/// How long answers are kept after the last one: as long as the shipped bot keeps its
/// session, so that whoever begins anew later is not taken to answer an old question.
pub(super) const KEPT: Duration = Duration::from_mins(10);
/// Prefix of a blueprint parameter's field in a checklist.
pub(super) const FIELD: &str = "blueprint_parameters.";
/// What was asked and answered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AskedFor {
    /// The answers.
    pub(super) given: BTreeMap<String, String>,
    /// The question that is open.
    open: Option<Open>,
}

/// A question of ours that is open: for a parameter, or the confirmation of a blueprint
/// that has some. With the turn it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    /// `None`: the confirmation.
    parameter: Option<String>,
    slots: Slots,
    confirmation: String,
}

/// What a text means for the question that is open.
pub(super) enum Heard {
    /// It is answered.
    Answered(Said),
    /// Something else is said, which the engine has to understand.
    Else(String),
}

impl Service {
    pub(super) async fn asked_for(&self, speaker: &Speaker) -> Result<AskedFor, ServiceError> {
        let kept = self.store.get(&key(speaker), self.clock.now()).await?;
        Ok(kept.and_then(|kept| serde_json::from_str(&kept.value).ok()).unwrap_or_default())
    }

    /// Takes the values a text gives while a question of ours is open: by name, or as the
    /// answer. Everything else, like help or a correction, is the engine's as at any question.
    pub(super) async fn take_parameters(
        &self,
        speaker: &Speaker,
        asked: &mut AskedFor,
        text: &str,
    ) -> Result<Heard, ServiceError> {
        let Some(open) = asked.open.clone() else { return Ok(Heard::Else(text.to_owned())) };
        let named = named(text, self.all_asked(&open.slots));
        let parameter = open.parameter.as_deref().and_then(|name| self.asked_parameter(&open.slots, name));
        if !named.values.is_empty() {
            asked.given.extend(named.values.clone());
            if !named.is_all() {
                return Ok(Heard::Else(named.rest));
            }
        } else if let Some((parameter, value)) = parameter.and_then(|it| Some((it, answer(it, text)?))) {
            asked.given.insert(parameter.name.clone(), value);
        } else {
            return Ok(Heard::Else(text.to_owned()));
        }
        // Judging the answer may open the question again, and that asks back here: boxed.
        Ok(Heard::Answered(Box::pin(self.go_on(speaker, open.turn(), asked.clone())).await?))
    }

    /// What the engine did not understand while a parameter was asked for is a refused answer.
    pub(super) async fn refuse_parameter(
        &self,
        speaker: &Speaker,
        mut asked: AskedFor,
        turn: &Turn,
        text: &str,
    ) -> Result<Option<Said>, ServiceError> {
        let Some(open) = asked.open.clone().filter(|open| open.slots == turn.slots) else { return Ok(None) };
        // A correction to what is so already, or an answer in between, brings the same question again.
        let same = talk::question_of(&turn.message) == open.confirmation || answer_before(&turn.message).is_some();
        let missed = |name: &String| !same && !asked.given.contains_key(name);
        let Some(parameter) = open.parameter.clone().filter(missed) else { return Ok(None) };
        asked.given.insert(parameter, text.trim().to_owned());
        Ok(Some(Box::pin(self.go_on(speaker, open.turn(), asked)).await?))
    }

    /// Keeps that the confirmation is open, where its blueprint has parameters to set.
    pub(super) async fn confirming(&self, speaker: &Speaker, turn: &Turn, asked: AskedFor) -> Result<(), ServiceError> {
        if self.all_asked(&turn.slots).next().is_none() {
            return self.let_go(speaker, asked).await;
        }
        let open = Open { parameter: None, slots: turn.slots.clone(), confirmation: turn.message.clone() };
        self.keep(speaker, &AskedFor { open: Some(open), ..asked }).await
    }

    /// Another question is open now, and none of ours.
    pub(super) async fn let_go(&self, speaker: &Speaker, mut asked: AskedFor) -> Result<(), ServiceError> {
        if asked.open.take().is_some() { self.keep(speaker, &asked).await } else { Ok(()) }
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
        let question = talk::after(answer_before(&turn.message), &question);
        let choices = parameter.allowed.clone();
        let confirmation = talk::question_of(&turn.message).to_owned();
        asked.open = Some(Open { parameter: Some(parameter.name), slots: turn.slots, confirmation });
        self.keep(speaker, &asked).await?;
        Ok(Said { choices, ..Said::words(question) })
    }

    /// With the values a text gives by name, like "`WithStudio` should be true": who has a default
    /// is not asked, and is told it with the last question. A purpose sets nothing.
    pub(super) fn with_named(&self, slots: &Slots, mut asked: AskedFor, text: &str) -> AskedFor {
        let purpose = slots.get(slot::PURPOSE).map(String::as_str).unwrap_or_default();
        let outside = one_line(text);
        let outside = if purpose.is_empty() { outside } else { outside.replacen(purpose, " ", 1) };
        asked.given.extend(named(&outside, self.all_asked(slots)).values);
        asked
    }

    fn all_asked(&self, slots: &Slots) -> impl Iterator<Item = &Parameter> {
        let blueprint = slots.get(slot::BLUEPRINT).and_then(|id| self.catalogue.get(id));
        blueprint.into_iter().flat_map(Blueprint::asked)
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
    pub(super) async fn keep(&self, speaker: &Speaker, asked: &AskedFor) -> Result<(), ServiceError> {
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

impl Open {
    fn turn(self) -> Turn {
        let (intent, next) = (intent::REQUEST_ACCOUNT.to_owned(), Next::Confirm);
        Turn { intent, slots: self.slots, next, message: self.confirmation, behind: None }
    }
}

fn key(speaker: &Speaker) -> String {
    format!("parameters/{}", speaker.session.0)
}
