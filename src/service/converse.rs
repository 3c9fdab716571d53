//! One turn of conversation, in any channel: the engine understands and asks,
//! this judges the values and acts once everything is confirmed.

use std::collections::BTreeMap;

use crate::domain::check::unit_choices;
use crate::domain::dialogue::{intent, slot};
use crate::domain::ids::RequestId;
use crate::domain::person::{Actor, Requester};
use crate::domain::preflight::Checklist;
use crate::domain::request::State;
use crate::domain::spec::{AccountSpec, AccountType, Draft};
use crate::ports::dialogue::{DialogueError, Next, SessionKey, Slots, Turn};
use crate::say::{choices, talk};

use super::parameters::{AskedFor, Heard};
use super::{Once, Service, ServiceError, Wanted};

/// Who is talking, and where.
#[derive(Debug, Clone)]
pub struct Speaker {
    /// For whom a request would be.
    pub requester: Requester,
    /// The same person as the audit trail knows them.
    pub actor: Actor,
    /// The conversation.
    pub session: SessionKey,
    /// Names the delivered message, where the channel may deliver it again (P9).
    pub delivery: Option<String>,
}

/// What the bot answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Plain text; the channel escapes it.
    pub text: String,
    /// Answers to offer as buttons, when the answer is one of a few.
    pub choices: Vec<String>,
    /// The request this turn made.
    pub request: Option<RequestId>,
}

impl Said {
    pub(super) fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), choices: Vec::new(), request: None }
    }
}

/// The slots of `RequestAccount` and the JSON field each one fills.
const FIELDS: [(&str, &str); 6] = [
    (slot::ACCOUNT_TYPE, "account_type"),
    (slot::ROOT_EMAIL, "root_email"),
    (slot::ACCOUNT_OU, "organizational_unit"),
    (slot::BLUEPRINT, "blueprint"),
    (slot::PURPOSE, "purpose"),
    (slot::ACCOUNT_NAME, "account_name"),
];

/// Buttons are offered up to this many; a longer list is only written out.
const MOST_CHOICES: usize = 12;

impl Service {
    /// Takes one turn.
    ///
    /// # Errors
    /// Only what stands in the way of any answer; a refused value is an answer.
    pub async fn converse(&self, speaker: &Speaker, text: &str) -> Result<Said, ServiceError> {
        if let Some(request) = self.made_before(once(speaker).as_ref()).await? {
            let view = self.show(request).await?;
            return Ok(Said { request: Some(request), ..Said::words(talk::submitted(&view)) });
        }
        let mut asked = match self.begin_turn(speaker).await? {
            Ok(asked) => asked,
            Err(error) => return no_turn(error),
        };
        let text = match self.take_parameters(speaker, &mut asked, text).await? {
            Heard::Answered(said) => return Ok(said),
            Heard::Else(text) => text,
        };
        match self.dialogue.turn(&speaker.session, &text, &attributes(speaker)).await {
            Ok(turn) => self.take(speaker, turn, asked, &text).await,
            Err(error) => no_turn(error),
        }
    }

    /// Does what the engine understood.
    async fn take(&self, speaker: &Speaker, turn: Turn, asked: AskedFor, text: &str) -> Result<Said, ServiceError> {
        match turn.next {
            Next::ElicitSlot(_) => self.go_on(speaker, turn, asked).await,
            Next::Confirm => {
                if let Some(said) = self.refuse_parameter(speaker, asked.clone(), &turn, text).await? {
                    return Ok(said);
                }
                let asked = self.with_named(&turn.slots, asked, text);
                self.go_on(speaker, turn, asked).await
            }
            Next::Ready => self.fulfil(speaker, turn, asked).await,
            Next::Ended | Next::NotUnderstood => {
                self.forget_parameters(speaker).await?;
                Ok(Said::words(turn.message))
            }
        }
    }

    /// Judges the values given so far and asks on, or asks again for one that is refused.
    pub(super) async fn go_on(&self, speaker: &Speaker, turn: Turn, asked: AskedFor) -> Result<Said, ServiceError> {
        if turn.intent == intent::REQUEST_ACCOUNT_SET {
            self.let_go(speaker, asked).await?;
            return self.go_on_with_set(speaker, turn).await;
        }
        if turn.intent != intent::REQUEST_ACCOUNT {
            return Ok(Said::words(turn.message));
        }
        let (checklist, spec) = self.preflight(&self.draft(&turn.slots, &asked), &speaker.requester).await?;
        if let Some((slot, why)) = self.refused_slot(&turn.slots, &checklist) {
            self.let_go(speaker, asked).await?;
            return self.ask_again(speaker, slot, &why).await;
        }
        if turn.next == Next::Confirm && !checklist.is_clear() {
            return self.ask_the_rest(speaker, turn, asked, &checklist).await;
        }
        if turn.next == Next::Confirm {
            self.confirming(speaker, &turn, asked).await?;
        } else {
            self.let_go(speaker, asked).await?;
        }
        self.ask(&turn, spec.as_ref()).await
    }

    pub(super) async fn ask_again(&self, speaker: &Speaker, slot: &str, why: &str) -> Result<Said, ServiceError> {
        match self.dialogue.elicit_again(&speaker.session, slot, &attributes(speaker)).await {
            Ok(turn) => {
                let said = self.ask(&turn, None).await?;
                // A refusal that names every choice needs no second list behind it.
                let named = said.choices.iter().all(|choice| why.contains(choice.as_str()));
                let question = if named { &turn.message } else { &said.text };
                Ok(Said { text: talk::refused(why, question), ..said })
            }
            Err(error) => {
                tracing::warn!(%error, "a slot could not be asked again");
                Err(ServiceError::NoConversation(talk::refused(why, talk::ENGINE_DOWN)))
            }
        }
    }

    /// The engine's question, with the live choices where the answer is one of them.
    pub(super) async fn ask(&self, turn: &Turn, spec: Option<&AccountSpec>) -> Result<Said, ServiceError> {
        let (text, choices) = match &turn.next {
            Next::ElicitSlot(slot) => {
                let choices = self.choices(slot, &turn.slots).await?;
                let text = match slot.as_str() {
                    slot::ACCOUNT_TYPE => turn.message.clone(),
                    slot::BLUEPRINT => choices::with_blueprints(&turn.message, &choices, &self.catalogue),
                    _ => talk::with_choices(&turn.message, &choices),
                };
                (text, choices)
            }
            Next::Confirm => {
                if let Some(set) = spec.and_then(|spec| spec.set.as_deref()) {
                    return Ok(Said {
                        choices: vec!["Yes".to_owned(), "No".to_owned()],
                        ..Said::words(talk::confirm_set(&turn.message, set))
                    });
                }
                let choice = spec.and_then(|spec| spec.blueprint.as_ref());
                let blueprint = choice.and_then(|choice| self.catalogue.get(&choice.id));
                (talk::confirm(&turn.message, spec, blueprint), vec!["Yes".to_owned(), "No".to_owned()])
            }
            _ => (turn.message.clone(), Vec::new()),
        };
        let choices = if choices.len() > MOST_CHOICES { Vec::new() } else { choices };
        Ok(Said { text, choices, request: None })
    }

    async fn choices(&self, slot: &str, slots: &Slots) -> Result<Vec<String>, ServiceError> {
        Ok(match slot {
            slot::ACCOUNT_TYPE => AccountType::ALL.iter().map(|t| t.word().to_owned()).collect(),
            slot::EXECUTION_POLICY => vec!["least-privilege".to_owned(), "AdministratorAccess".to_owned()],
            slot::ACCOUNT_OU => unit_choices(&self.organizational_units().await?),
            slot::BLUEPRINT => {
                let account_type = slots.get(slot::ACCOUNT_TYPE).and_then(|word| AccountType::parse(word));
                let offered = self.catalogue.offered(account_type, &self.settings.blueprint_values);
                offered.map(|blueprint| blueprint.id.clone()).chain(["none".to_owned()]).collect()
            }
            _ => Vec::new(),
        })
    }

    /// Everything is said and confirmed: act.
    async fn fulfil(&self, speaker: &Speaker, turn: Turn, asked: AskedFor) -> Result<Said, ServiceError> {
        match turn.intent.as_str() {
            intent::REQUEST_ACCOUNT => self.request_account(speaker, &self.draft(&turn.slots, &asked)).await,
            intent::REQUEST_ACCOUNT_SET => self.request_set(speaker, &turn.slots).await,
            intent::REQUEST_STATUS => {
                let said = self.tell_status(speaker, &turn.slots).await?;
                self.and_again(speaker, said, turn, asked).await
            }
            intent::DESCRIBE_BLUEPRINT => {
                let said = Said::words(self.describe_blueprints(&turn.slots));
                self.and_again(speaker, said, turn, asked).await
            }
            intent::CANCEL_REQUEST => {
                let said = self.cancel_in_talk(speaker, &turn.slots).await?;
                self.and_again(speaker, said, turn, asked).await
            }
            _ => Ok(Said::words(turn.message)),
        }
    }

    /// An answer in between, then the question that is still open, as it was put.
    async fn and_again(
        &self,
        speaker: &Speaker,
        said: Said,
        turn: Turn,
        asked: AskedFor,
    ) -> Result<Said, ServiceError> {
        let Some(behind) = turn.behind else { return Ok(said) };
        let again = Box::pin(self.go_on(speaker, *behind, asked)).await?;
        Ok(Said { text: talk::after(Some(&said.text), &again.text), ..again })
    }

    /// What the named blueprint is, or all of them in a line each.
    fn describe_blueprints(&self, slots: &Slots) -> String {
        match slots.get(slot::BLUEPRINT) {
            Some(id) => choices::about_blueprint(id, self.catalogue.get(id)),
            None => choices::blueprints(&self.catalogue, &self.settings.blueprint_values),
        }
    }

    async fn request_account(&self, speaker: &Speaker, draft: &Draft) -> Result<Said, ServiceError> {
        match self.submit(draft, &speaker.requester, &speaker.actor, once(speaker)).await {
            Ok(view) => {
                self.forget_parameters(speaker).await?;
                let request = view.id.parse().ok();
                Ok(Said { request, ..Said::words(talk::submitted(&view)) })
            }
            Err(error @ ServiceError::Invalid(_)) => Ok(Said::words(error.sentence())),
            Err(error) => Err(error),
        }
    }

    async fn tell_status(&self, speaker: &Speaker, slots: &Slots) -> Result<Said, ServiceError> {
        if let Some(text) = slots.get(slot::REQUEST_ID) {
            let viewer = self.viewer(&speaker.actor, speaker.actor.operates()).await;
            return Ok(Said::words(match self.show_to(&viewer, text).await {
                Ok(view) => talk::status_line(&view),
                Err(error) => error.sentence(),
            }));
        }
        let requester = Some(speaker.requester.email.clone());
        let listing = self.list(Wanted { requester, limit: 5, ..Wanted::default() }).await?;
        let lines: Vec<_> = listing.requests.iter().map(talk::status_line).collect();
        Ok(Said::words(if lines.is_empty() { talk::NOTHING_ASKED.to_owned() } else { lines.join("\n") }))
    }

    /// Cancels the request that is named; without a name it only says how to name it.
    async fn cancel_in_talk(&self, speaker: &Speaker, slots: &Slots) -> Result<Said, ServiceError> {
        let Some(text) = slots.get(slot::REQUEST_ID) else { return self.offer_to_cancel(speaker).await };
        let viewer = self.viewer(&speaker.actor, speaker.actor.operates()).await;
        let cancelled = match self.find_for(&viewer, text).await {
            Ok(request) => self.cancel(request.id, &speaker.actor, None).await,
            Err(error) => Err(error),
        };
        match cancelled {
            Ok(view) => Ok(Said::words(talk::cancelled(&view))),
            Err(error @ (ServiceError::Unavailable(_) | ServiceError::Broken(_))) => Err(error),
            Err(error) => Ok(Said::words(error.sentence())),
        }
    }

    async fn offer_to_cancel(&self, speaker: &Speaker) -> Result<Said, ServiceError> {
        let requester = Some(speaker.requester.email.clone());
        let wanted = Wanted { state: Some(State::Pending), requester, limit: 5, before: None };
        let waiting = self.list(wanted).await?.requests;
        if waiting.is_empty() {
            return Ok(Said::words(talk::NOTHING_TO_CANCEL));
        }
        let choices = waiting.iter().map(|view| format!("cancel {}", view.short_id)).collect();
        Ok(Said { choices, ..Said::words(talk::which_to_cancel(&waiting)) })
    }

    /// What the slots and the answers to the blueprint's questions say, as a draft.
    fn draft(&self, slots: &Slots, asked: &AskedFor) -> Draft {
        let value = |slot: &str| slots.get(slot).cloned();
        Draft {
            account_type: value(slot::ACCOUNT_TYPE),
            root_email: value(slot::ROOT_EMAIL),
            organizational_unit: value(slot::ACCOUNT_OU),
            account_name: value(slot::ACCOUNT_NAME),
            blueprint: value(slot::BLUEPRINT),
            purpose: value(slot::PURPOSE),
            blueprint_parameters: self.answers_for(slots, asked),
            ..Draft::default()
        }
    }

    /// The first slot, in the order asked, whose value was refused. A blueprint is
    /// also refused for a parameter that no person here can give.
    fn refused_slot(&self, slots: &Slots, checklist: &Checklist) -> Option<(&'static str, String)> {
        FIELDS.iter().filter(|(slot, _)| slots.contains_key(*slot)).find_map(|(slot, field)| {
            let fault = checklist.faults().find(|fault| {
                let parameter = *slot == slot::BLUEPRINT && self.nobody_can_give(slots, &fault.field);
                fault.field == *field || parameter
            })?;
            Some((*slot, fault.text.clone()))
        })
    }

    pub(super) async fn forget(&self, speaker: &Speaker) {
        if let Err(error) = self.dialogue.forget(&speaker.session).await {
            tracing::warn!(%error, "a conversation could not be forgotten; it ends by itself");
        }
    }
}

/// What is said when the engine took no turn.
fn no_turn(error: DialogueError) -> Result<Said, ServiceError> {
    match error {
        DialogueError::BadText(sentence) => Ok(Said::words(sentence)),
        DialogueError::Busy => Ok(Said::words(talk::ONE_AT_A_TIME)),
        DialogueError::Unavailable(error) => {
            tracing::warn!(%error, "the conversation engine is unavailable");
            Err(ServiceError::NoConversation(talk::ENGINE_DOWN.to_owned()))
        }
    }
}

pub(super) fn attributes(speaker: &Speaker) -> BTreeMap<String, String> {
    BTreeMap::from([("UserName".to_owned(), speaker.requester.first_name.clone())])
}

pub(super) fn once(speaker: &Speaker) -> Option<Once> {
    let key = speaker.delivery.clone()?;
    Some(Once { caller: speaker.session.0.clone(), fingerprint: String::new(), key })
}
