//! Reads the answer to a question for one slot: its value, corrections of other
//! slots on the way, or neither.

use super::bot::{Intent, Kind, Slot, SlotType};
use super::engine::{Engine, Outcome};
use super::english::{is_filler, is_link, is_marker, is_small, says_nothing};
use super::reading::{Rank, Reading};
use super::sentence::{Sentence, Span};
use super::turn::{Session, Slots};
use super::words::nearly;
use crate::domain::text::one_line;

impl<'a> Engine<'a> {
    /// Takes the answer to the question for `slot`.
    pub(super) fn answer(
        &self,
        intent: &'a Intent,
        slot: &'a Slot,
        mut session: Session,
        sentence: &Sentence<'_>,
    ) -> Outcome {
        let reading = self.reader(intent).read(sentence, Some(&slot.name));
        let marked = sentence.words.iter().any(|word| is_marker(&word.text));
        let free = matches!(self.bot.kind(slot), Kind::Free);
        if free && says_nothing(sentence.text) {
            return self.interlude(intent, &session, sentence, false).unwrap_or_else(|| self.miss(intent, session));
        }
        if free && !(marked && says_nothing_else(intent, sentence, &reading)) {
            session.slots.insert(slot.name.clone(), one_line(sentence.text));
            return self.advance(intent, session);
        }
        let mut said = others(slot, &session, &reading, marked);
        if let Some(value) = self.own_value(slot, sentence, &reading, marked && !said.is_empty()) {
            said.insert(slot.name.clone(), value);
        }
        if !said.is_empty() {
            session.slots.extend(said);
            return self.go_on_asking(intent, slot, session);
        }
        let taken_back = reading.mentioned.iter().find(|name| marked && session.slots.contains_key(*name));
        if let Some(name) = taken_back {
            session.slots.remove(name);
            return self.advance(intent, session);
        }
        self.interlude(intent, &session, sentence, false).unwrap_or_else(|| self.miss(intent, session))
    }

    /// An optional slot that was asked for is still open when only others were given.
    fn go_on_asking(&self, intent: &'a Intent, slot: &Slot, session: Session) -> Outcome {
        if slot.required || session.slots.contains_key(&slot.name) {
            return self.advance(intent, session);
        }
        self.ask(intent, Session { misses: 0, ..session }, false)
    }

    fn own_value(&self, slot: &Slot, sentence: &Sentence<'_>, reading: &Reading, correcting: bool) -> Option<String> {
        let known = reading.of(&slot.name);
        match self.bot.kind(slot) {
            Kind::Closed(slot_type) => {
                let known = known.map(|found| found.value.clone());
                let listed = known.clone().filter(|value| self.vocabulary.lists(slot_type, value));
                listed.or_else(|| self.nearest(slot_type, sentence)).or(known)
            }
            Kind::Open(_) => {
                let sure = known.filter(|found| found.rank > Rank::Bare).map(|found| found.value.clone());
                sure.or_else(|| if correcting { None } else { original(slot, sentence, reading) })
            }
            Kind::Email | Kind::Pattern(_) | Kind::Free => known.map(|found| found.value.clone()),
        }
    }

    /// The one value whose phrase is the whole answer, give or take typing slips in
    /// longer words: `ecs` is never taken for `eks`.
    fn nearest(&self, slot_type: &SlotType, sentence: &Sentence<'_>) -> Option<String> {
        let words: Vec<&str> = sentence.words.iter().map(|word| word.text.as_str()).collect();
        let telling: Vec<&str> = words.iter().copied().filter(|word| !is_filler(word)).collect();
        let choices = self.vocabulary.choices(slot_type);
        let exact =
            choices.iter().find(|choice| choice.phrases.iter().any(|phrase| *phrase == words || *phrase == telling));
        if let Some(choice) = exact {
            return Some(choice.value.clone());
        }
        let close = |phrase: &Vec<String>| {
            phrase.len() == telling.len() && phrase.iter().zip(&telling).all(|(word, said)| nearly(word, said))
        };
        let mut near = choices.iter().filter(|choice| choice.phrases.iter().any(close));
        near.next().filter(|_| near.next().is_none()).map(|choice| choice.value.clone())
    }
}

/// Values for slots other than the one asked for. A filled slot changes only when
/// the person says so: by name, where an utterance has it, or with "no", "actually", …
fn others(slot: &Slot, session: &Session, reading: &Reading, marked: bool) -> Slots {
    let meant = reading.found.iter().filter(|found| {
        found.slot != slot.name && (marked || found.rank > Rank::Bare || !session.slots.contains_key(&found.slot))
    });
    meant.map(|found| (found.slot.clone(), found.value.clone())).collect()
}

/// A correction in place of free text: nothing but values, slot names and small words.
fn says_nothing_else(intent: &Intent, sentence: &Sentence<'_>, reading: &Reading) -> bool {
    let names: Vec<Span> =
        intent.slots.iter().flat_map(|slot| &slot.names).flat_map(|name| sentence.places(name)).collect();
    let explained = |at: usize| {
        let word = sentence.word(at);
        reading.covers(at) || is_small(word) || is_link(word) || names.iter().any(|name| name.has(at))
    };
    (!reading.found.is_empty() || !reading.mentioned.is_empty()) && (0..sentence.words.len()).all(explained)
}

/// What was said for a slot that takes any name: a known value unless more was said
/// around it, without the values of other slots and the small words at both ends. A
/// question is not a name.
fn original(slot: &Slot, sentence: &Sentence<'_>, reading: &Reading) -> Option<String> {
    let others = || reading.found.iter().filter(|found| found.slot != slot.name && found.rank > Rank::Bare);
    let free = |at: usize| !others().any(|other| other.around.has(at));
    let around = |at: usize| {
        let word = sentence.word(at);
        (is_small(word) && !is_marker(word)) || matches!(word, "actually" | "no" | "sorry" | "wait")
    };
    let names = |at: usize| slot.names.iter().any(|name| sentence.places(name).any(|place| place.has(at)));
    let telling = |at: &usize| free(*at) && !around(*at) && !names(*at);
    let words = sentence.words.len();
    let known = reading.of(&slot.name);
    if sentence.text.trim_end().ends_with('?') {
        return known.map(|found| found.value.clone());
    }
    let Some(first) = (0..words).find(telling) else {
        return known.map(|found| found.value.clone());
    };
    let end = (first..words).find(|at| !free(*at)).unwrap_or(words);
    let last = (first..end).rev().find(telling).unwrap_or(first);
    match known {
        Some(found) if last - first > 3 || (found.at.first <= first && last <= found.at.last) => {
            Some(found.value.clone())
        }
        _ => Some(one_line(sentence.said(Span { first, last }))).filter(|said| !said.is_empty()),
    }
}
