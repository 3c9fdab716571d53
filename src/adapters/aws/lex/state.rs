//! Lex's session state in the words of the dialogue domain, and back. Every member
//! of an answer may be missing; what can be told from the manifest is.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_lexruntimev2::error::BuildError;
use aws_sdk_lexruntimev2::types::{
    ConfirmationState, DialogAction, DialogActionType, Intent, IntentState, SessionState, Shape, Slot, Value,
};
use jiff::Timestamp;

use crate::domain::dialogue::bot::{self, Kind};
use crate::domain::dialogue::words::phrase;
use crate::domain::dialogue::{Bot, Next, Session, Slots};
use crate::domain::text::one_line;

/// What Lex says a conversation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) session: Session,
    /// The yes to the whole: `None` when Lex does not say.
    pub(super) confirmed: Option<bool>,
}

/// Reads a state. One without an intent, or with the fallback, is not understood.
///
/// # Errors
/// A sentence for the log when the bot does what the manifest has no word for.
pub(super) fn read(bot: &Bot, state: Option<&SessionState>) -> Result<Told, String> {
    let nothing = || Told { session: session(String::new(), Slots::new(), Next::NotUnderstood), confirmed: None };
    let Some(intent) = state.and_then(SessionState::intent) else { return Ok(nothing()) };
    let name = intent.name();
    let Some(known) = bot.intent(name) else {
        return Err(format!("the bot has an intent {name} that the manifest has not: deploy the manifest's bot"));
    };
    let slots = slots(bot, known, intent);
    let next = next(known, &slots, intent, state.and_then(SessionState::dialog_action))?;
    let confirmed = intent.confirmation_state().and_then(|state| match state {
        ConfirmationState::Confirmed => Some(true),
        ConfirmationState::None | ConfirmationState::Denied => Some(false),
        _ => None,
    });
    Ok(Told { session: session(name.to_owned(), slots, next), confirmed })
}

/// Lex counts the time a session has, not we.
fn session(intent: String, slots: Slots, next: Next) -> Session {
    Session { intent, slots, next, misses: 0, expires_at: Timestamp::MAX }
}

fn next(known: &bot::Intent, slots: &Slots, intent: &Intent, action: Option<&DialogAction>) -> Result<Next, String> {
    if known.fallback {
        return Ok(Next::NotUnderstood);
    }
    if intent.confirmation_state() == Some(&ConfirmationState::Denied) {
        return Ok(Next::Ended);
    }
    match intent.state() {
        Some(IntentState::Failed) => Ok(Next::Ended),
        // Without a code hook the client does the work; with one that only answers, it is done.
        Some(IntentState::ReadyForFulfillment | IntentState::Fulfilled) => Ok(Next::Ready),
        Some(IntentState::InProgress) | None => Ok(awaited(known, slots, action)),
        Some(other) => Err(format!("the bot's intent {} is in state {other}: take its code hook away", known.name)),
    }
}

fn awaited(known: &bot::Intent, slots: &Slots, action: Option<&DialogAction>) -> Next {
    match action.map(DialogAction::r#type) {
        Some(DialogActionType::ConfirmIntent) => Next::Confirm,
        Some(DialogActionType::ElicitIntent) => Next::NotUnderstood,
        Some(DialogActionType::Close) => Next::Ended,
        _ => match action.and_then(DialogAction::slot_to_elicit) {
            Some(slot) => Next::ElicitSlot(slot.to_owned()),
            None => known.awaited(slots),
        },
    }
}

fn slots(bot: &Bot, known: &bot::Intent, intent: &Intent) -> Slots {
    let given = intent.slots().into_iter().flatten();
    let named = given.filter_map(|(name, slot)| Some((known.slot(name)?, slot.value()?)));
    let values = named.map(|(slot, value)| (slot.name.clone(), one_line(&plain(bot, slot, value))));
    values.filter(|(_, value)| !value.is_empty()).collect()
}

/// The value as the embedded engine would give it: a listed one in its own spelling.
/// With `ORIGINAL_VALUE` Lex's value is what was said; the list tells what it means.
fn plain(bot: &Bot, slot: &bot::Slot, value: &Value) -> String {
    let interpreted = value.interpreted_value();
    let Kind::Open(open) = bot.kind(slot) else { return interpreted.to_owned() };
    let said = phrase(interpreted);
    if let Some(exact) = value.resolved_values().iter().find(|resolved| phrase(resolved) == said) {
        return exact.clone();
    }
    let means =
        |known: &&bot::SlotValue| std::iter::once(&known.value).chain(&known.synonyms).any(|word| phrase(word) == said);
    open.values.iter().find(means).map_or(interpreted, |known| &known.value).to_owned()
}

/// The state that makes a session wait for what `session` waits for. A slot without
/// a value is left out: the SDK cannot send null, and Lex takes the absence for it.
pub(super) fn write(session: &Session, attributes: &BTreeMap<String, String>) -> Result<SessionState, BuildError> {
    let action = match &session.next {
        Next::ElicitSlot(slot) => {
            DialogAction::builder().r#type(DialogActionType::ElicitSlot).slot_to_elicit(slot).build()?
        }
        Next::Confirm => DialogAction::builder().r#type(DialogActionType::ConfirmIntent).build()?,
        Next::Ready | Next::Ended | Next::NotUnderstood => {
            DialogAction::builder().r#type(DialogActionType::Close).build()?
        }
    };
    let slots: Result<HashMap<_, _>, _> =
        session.slots.iter().map(|(name, value)| Ok::<_, BuildError>((name.clone(), slot(value)?))).collect();
    let intent = Intent::builder()
        .name(&session.intent)
        .set_slots(Some(slots?))
        .state(IntentState::InProgress)
        .confirmation_state(ConfirmationState::None)
        .build()?;
    Ok(SessionState::builder()
        .intent(intent)
        .dialog_action(action)
        .set_session_attributes(Some(all(attributes)))
        .build())
}

fn slot(value: &str) -> Result<Slot, BuildError> {
    let value = Value::builder().original_value(value).interpreted_value(value).resolved_values(value).build()?;
    Ok(Slot::builder().shape(Shape::Scalar).value(value).build())
}

/// Every attribute, every time: Lex replaces the old ones, it does not merge.
pub(super) fn with_attributes(attributes: &BTreeMap<String, String>) -> SessionState {
    SessionState::builder().set_session_attributes(Some(all(attributes))).build()
}

fn all(attributes: &BTreeMap<String, String>) -> HashMap<String, String> {
    attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
