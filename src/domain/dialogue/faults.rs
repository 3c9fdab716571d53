//! What can be wrong with a bot manifest: every rule, each with its line and its fix.
//! Limits are those of Amazon Lex V2, so that one manifest serves both engines.

use std::collections::BTreeMap;

use super::bot::{EMAIL_TYPE, FREE_TYPE, Part};
use super::load::{RawBot, RawConfirmation, RawIntent, RawSlot, RawSlotType, Text, utterance, whole_word};
use super::words::phrase;
use super::{intent, prompt};

/// The parent signature of the one fallback intent.
const FALLBACK_PARENT: &str = "AMAZON.FallbackIntent";
/// The parent signature of a type with a pattern.
const PATTERN_PARENT: &str = "AMAZON.AlphaNumeric";
/// The longest message Lex V2 takes, in characters.
const MESSAGE_MAX: usize = 1024;

/// Collects faults with their lines.
#[derive(Default)]
struct Faults(Vec<(u64, String)>);

impl Faults {
    fn add(&mut self, at: &Text, fault: impl Into<String>) {
        self.0.push((at.referenced.line(), fault.into()));
    }
}

/// Every fault, in the order of lines.
pub(super) fn of(bot: &RawBot) -> Vec<String> {
    let mut faults = Faults::default();
    settings(bot, &mut faults);
    distinct("intent", bot.intents.iter().map(|intent| &intent.name), &mut faults);
    distinct("slot type", bot.slot_types.iter().map(|slot_type| &slot_type.name), &mut faults);
    expected_intents(bot, &mut faults);
    for intent in &bot.intents {
        of_intent(bot, intent, &mut faults);
    }
    utterances_once(bot, &mut faults);
    for slot_type in &bot.slot_types {
        of_slot_type(slot_type, &mut faults);
    }
    faults.0.sort_by_key(|(line, _)| *line);
    faults.0.into_iter().map(|(line, fault)| format!("line {line}: {fault}")).collect()
}

fn settings(bot: &RawBot, faults: &mut Faults) {
    named(&bot.name, faults);
    if bot.locale.value != "en_US" {
        faults.add(&bot.locale, format!("locale {} is not understood: write en_US", bot.locale.value));
    }
    let (idle, attempts) = (&bot.idle_session_seconds, &bot.max_attempts);
    if !(60..=86_400).contains(&idle.value) {
        faults.0.push((idle.referenced.line(), "idle_session_seconds must be 60 to 86400".into()));
    }
    if !(1..=6).contains(&attempts.value) {
        faults.0.push((attempts.referenced.line(), "max_attempts must be 1 to 6".into()));
    }
}

fn distinct<'a>(what: &str, names: impl Iterator<Item = &'a Text>, faults: &mut Faults) {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for name in names {
        if let Some(line) = seen.insert(&name.value, name.referenced.line()) {
            faults.add(name, format!("{what} {} is also defined in line {line}: rename or remove one", name.value));
        }
    }
}

fn expected_intents(bot: &RawBot, faults: &mut Faults) {
    for expected in intent::ALL {
        if !bot.intents.iter().any(|intent| intent.name.value == expected) {
            faults.add(&bot.name, format!("intent {expected} is missing: add it, the service answers it"));
        }
    }
    let parents = bot.intents.iter().filter_map(|intent| intent.parent.as_ref());
    for parent in parents.clone().filter(|parent| parent.value != FALLBACK_PARENT) {
        faults.add(parent, format!("parent {} is not supported: only {FALLBACK_PARENT} is", parent.value));
    }
    if parents.filter(|parent| parent.value == FALLBACK_PARENT).count() != 1 {
        faults.add(
            &bot.name,
            format!("exactly one intent, {}, must have the parent {FALLBACK_PARENT}", intent::FALLBACK),
        );
    }
}

fn of_intent(bot: &RawBot, intent: &RawIntent, faults: &mut Faults) {
    let name = &intent.name;
    named(name, faults);
    distinct("slot", intent.slots.iter().map(|slot| &slot.name), faults);
    match &intent.parent {
        Some(_) if !intent.utterances.is_empty() || !intent.slots.is_empty() || intent.confirmation.is_some() => {
            faults.add(name, "a fallback intent has no utterances, slots or confirmation: remove them");
        }
        Some(_) if intent.response.is_none() => {
            faults.add(name, "the fallback intent needs a response: say there what the bot can do");
        }
        None if intent.utterances.is_empty() => {
            faults.add(name, format!("intent {} has no utterances: add the sentences that mean it", name.value));
        }
        _ => {}
    }
    for text in &intent.utterances {
        of_utterance(intent, text, faults);
    }
    for slot in &intent.slots {
        of_slot(bot, intent, slot, faults);
    }
    let asks = intent.confirmation.is_some() || intent.slots.iter().any(|slot| slot.required);
    if asks && intent.gave_up.is_none() {
        faults.add(name, format!("intent {} needs gave_up: what to say when retries ran out", name.value));
    }
    intent.response.iter().chain(&intent.gave_up).for_each(|text| message(intent, text, faults));
    intent.confirmation.iter().for_each(|confirmation| of_confirmation(intent, confirmation, faults));
}

fn of_confirmation(intent: &RawIntent, confirmation: &RawConfirmation, faults: &mut Faults) {
    for text in [&confirmation.prompt, &confirmation.retry, &confirmation.declined] {
        message(intent, text, faults);
    }
}

fn of_utterance(intent: &RawIntent, text: &Text, faults: &mut Faults) {
    if text.value.matches('{').count() != text.value.matches('}').count() {
        return faults.add(text, format!("utterance `{}` has an open brace: write {{Slot}}", text.value));
    }
    let parts = utterance(text.value.clone()).parts;
    if parts.is_empty() {
        return faults.add(text, "an utterance has no words: write a sentence or remove it");
    }
    for part in parts {
        let Part::Slot(name) = part else { continue };
        known_slot(intent, text, &name, faults);
    }
}

fn known_slot(intent: &RawIntent, text: &Text, name: &str, faults: &mut Faults) {
    let slots = || intent.slots.iter().map(|slot| slot.name.value.as_str());
    if !slots().any(|known| known == name) {
        let near = nearest(name, slots());
        faults.add(text, format!("intent {} has no slot {name}: define it{near}", intent.name.value));
    }
}

fn of_slot(bot: &RawBot, intent: &RawIntent, slot: &RawSlot, faults: &mut Faults) {
    named(&slot.name, faults);
    let own = || bot.slot_types.iter().map(|slot_type| slot_type.name.value.as_str());
    let wanted = slot.slot_type.value.as_str();
    if !own().chain([EMAIL_TYPE, FREE_TYPE]).any(|known| known == wanted) {
        let near = nearest(wanted, own().chain([EMAIL_TYPE, FREE_TYPE]));
        faults.add(&slot.slot_type, format!("slot type {wanted} is unknown: define it under slot_types{near}"));
    }
    for (what, text) in [("prompt", &slot.prompt), ("retry", &slot.retry)] {
        match text {
            Some(text) => message(intent, text, faults),
            None if slot.required => {
                faults.add(&slot.name, format!("slot {} is asked for but has no {what}: add one", slot.name.value));
            }
            None => {}
        }
    }
}

fn message(intent: &RawIntent, text: &Text, faults: &mut Faults) {
    if text.value.trim().is_empty() {
        faults.add(text, "a message is empty: write what the bot should say");
    }
    if text.value.chars().count() > MESSAGE_MAX {
        faults.add(text, format!("a message is longer than {MESSAGE_MAX} characters: shorten it"));
    }
    for name in prompt::names(&text.value).1 {
        known_slot(intent, text, name, faults);
    }
}

fn utterances_once(bot: &RawBot, faults: &mut Faults) {
    let mut seen: BTreeMap<Vec<String>, (&str, u64)> = BTreeMap::new();
    for intent in &bot.intents {
        for text in &intent.utterances {
            let here = (intent.name.value.as_str(), text.referenced.line());
            if let Some((other, line)) = seen.insert(phrase(&text.value), here) {
                faults.add(text, format!("utterance `{}` stands in line {line} too ({other}): keep one", text.value));
            }
        }
    }
}

fn of_slot_type(slot_type: &RawSlotType, faults: &mut Faults) {
    let name = &slot_type.name;
    named(name, faults);
    match (&slot_type.pattern, &slot_type.parent) {
        (Some(pattern), Some(parent)) if parent.value == PATTERN_PARENT => {
            if whole_word(&pattern.value).is_err() {
                faults.add(pattern, format!("pattern `{}` is not a regular expression: correct it", pattern.value));
            }
        }
        (None, None) => {
            if slot_type.values.is_empty() {
                faults.add(name, format!("slot type {} has no values: add some", name.value));
            }
            if slot_type.strategy.is_none() {
                faults.add(name, format!("slot type {} needs strategy: TOP_RESOLUTION or ORIGINAL_VALUE", name.value));
            }
        }
        _ => faults.add(name, format!("slot type {} needs pattern and parent {PATTERN_PARENT} together", name.value)),
    }
    values_once(slot_type, faults);
}

fn values_once(slot_type: &RawSlotType, faults: &mut Faults) {
    let mut seen: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for text in slot_type.values.iter().flat_map(|value| std::iter::once(&value.value).chain(&value.synonyms)) {
        let words = phrase(&text.value);
        if words.is_empty() {
            faults.add(text, "a value has no letters or digits: write a word");
        } else if let Some(line) = seen.insert(words, text.referenced.line()) {
            faults.add(text, format!("value or synonym `{}` stands in line {line} too: keep one", text.value));
        }
    }
}

/// Lex V2 names: letters and digits, single `-` or `_` between them, at most 100.
fn named(name: &Text, faults: &mut Faults) {
    let text = name.value.as_str();
    let parts_sound =
        text.split(['-', '_']).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !parts_sound || text.len() > 100 {
        faults.add(name, format!("`{text}` is no name: use letters, digits, and single - or _ between them"));
    }
}

fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|name| (strsim::damerau_levenshtein(wanted, name), name))
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .map_or_else(String::new, |(_, name)| format!(", or did you mean {name}?"))
}
