//! How the played Lex understands a text: the manifest's utterances and values, by
//! the rules of Lex V2.

use serde_json::{Value, json};
use vend::domain::dialogue::bot::{Intent, Kind, Slot, SlotType};
use vend::domain::dialogue::classify::{Match, classify};
use vend::domain::dialogue::english::{is_no, is_yes};
use vend::domain::dialogue::reading::Reader;
use vend::domain::dialogue::sentence::Sentence;
use vend::domain::dialogue::words::phrase;
use vend::domain::dialogue::{Engine, Next, Session, Slots, Vocabulary};
use vend::ports::clock::Clock as _;

use super::{Kept, Lex};

impl Lex {
    pub(super) fn understand(&self, kept: Kept, text: &str) -> Kept {
        let sentence = Sentence::new(text);
        match kept.next.clone() {
            Some(Next::ElicitSlot(slot)) => self.elicited(kept, &slot, text, &sentence),
            Some(Next::Confirm) => self.confirmed(kept, &sentence),
            _ => match self.meant(&sentence, true) {
                Some(found) => self.begin(&kept, &found),
                None => self.fall_back(kept),
            },
        }
    }

    fn meant<'b>(&'b self, sentence: &Sentence<'_>, tolerant: bool) -> Option<Match<'b>> {
        // A value alone is no utterance: whether Lex begins an intent with one is nowhere promised.
        let found = classify(&self.bot, &Vocabulary::default(), sentence, tolerant);
        found.filter(|found| !(found.bare && found.intent.asks()))
    }

    fn elicited(&self, mut kept: Kept, slot: &str, text: &str, sentence: &Sentence<'_>) -> Kept {
        let intent = self.bot.intent(&kept.intent).unwrap();
        let slot = intent.slot(slot).unwrap();
        if matches!(self.bot.kind(slot), Kind::Free) {
            kept.slots.insert(slot.name.clone(), text.to_owned());
            return self.advance(kept);
        }
        let other = self.meant(sentence, false).filter(|found| found.intent.name != kept.intent);
        if let Some(found) = other.as_ref().filter(|found| found.whole) {
            return self.begin(&kept, found);
        }
        if let Some(value) = self.value(intent, slot, &kept.slots, text) {
            kept.slots.insert(slot.name.clone(), value);
            // Over-answering: the other slots that stand in the same sentence.
            for (name, value) in self.values(intent, sentence) {
                kept.slots.entry(name).or_insert(value);
            }
            return self.advance(kept);
        }
        match other {
            Some(found) => self.begin(&kept, &found),
            None => self.miss(kept),
        }
    }

    /// The value of the slot asked for, as the pure engine reads it; nothing else of what it does.
    fn value(&self, intent: &Intent, slot: &Slot, slots: &Slots, text: &str) -> Option<String> {
        let (vocabulary, attributes) = (Vocabulary::default(), std::collections::BTreeMap::new());
        let engine = Engine { bot: &self.bot, vocabulary: &vocabulary, attributes: &attributes, now: self.clock.now() };
        let next = Next::ElicitSlot(slot.name.clone());
        let expires_at = jiff::Timestamp::MAX;
        let session = Session { intent: intent.name.clone(), slots: slots.clone(), next, misses: 0, expires_at };
        let after = engine.turn(Some(session), text).ok()?.session?;
        let value = (after.intent == intent.name).then(|| after.slots.get(&slot.name).cloned()).flatten()?;
        let listed = |known: &SlotType| vocabulary.choices(known).iter().any(|choice| choice.value == value);
        let fits = !matches!(self.bot.kind(slot), Kind::Closed(known) if !listed(known));
        fits.then_some(value)
    }

    /// Values in a sentence: of types Lex can take out of one.
    fn values(&self, intent: &Intent, sentence: &Sentence<'_>) -> Slots {
        let reading = Reader { bot: &self.bot, vocabulary: &Vocabulary::default(), intent }.read(sentence, None);
        let taken = reading.found.into_iter().filter(|found| {
            let slot = intent.slot(&found.slot).unwrap();
            !matches!(self.bot.kind(slot), Kind::Free | Kind::Pattern(_))
        });
        taken.map(|found| (found.slot, found.value)).collect()
    }

    fn confirmed(&self, mut kept: Kept, sentence: &Sentence<'_>) -> Kept {
        if is_yes(&sentence.words) {
            (kept.next, kept.state, kept.confirmation) = (Some(Next::Ready), "ReadyForFulfillment", "Confirmed");
            kept.messages.clear();
            return kept;
        }
        if is_no(&sentence.words) {
            let declined = &self.bot.intent(&kept.intent).unwrap().confirmation.as_ref().unwrap().declined;
            kept.messages = vec![self.said(declined, &kept)];
            (kept.next, kept.state, kept.confirmation) = (Some(Next::Ended), "Failed", "Denied");
            return kept;
        }
        match self.meant(sentence, false).filter(|found| found.intent.name != kept.intent) {
            Some(found) => self.begin(&kept, &found),
            None => self.miss(kept),
        }
    }

    /// Another intent takes the conversation's place.
    fn begin(&self, before: &Kept, found: &Match<'_>) -> Kept {
        let values = found.reading.found.iter().filter(|found_value| {
            let slot = found.intent.slot(&found_value.slot).unwrap();
            !matches!(self.bot.kind(slot), Kind::Free | Kind::Pattern(_))
        });
        let slots = values.map(|found| (found.slot.clone(), found.value.clone())).collect();
        let attributes = before.attributes.clone();
        self.advance(Kept { intent: found.intent.name.clone(), slots, attributes, ..Kept::default() })
    }

    fn advance(&self, mut kept: Kept) -> Kept {
        let intent = self.bot.intent(&kept.intent).unwrap();
        kept.misses = 0;
        kept.confirmation = "None";
        kept.state = "InProgress";
        let missing = intent.slots.iter().find(|slot| slot.required && !kept.slots.contains_key(&slot.name));
        kept.next = Some(match missing {
            Some(slot) => Next::ElicitSlot(slot.name.clone()),
            None if intent.confirmation.is_some() => Next::Confirm,
            None => Next::Ready,
        });
        if kept.next == Some(Next::Ready) {
            kept.state = "ReadyForFulfillment";
            kept.messages = intent.response.iter().map(|text| self.said(text, &kept)).collect();
        } else {
            kept.messages = vec![self.question(&kept, false)];
        }
        kept
    }

    fn miss(&self, mut kept: Kept) -> Kept {
        kept.misses += 1;
        if kept.misses >= self.bot.max_attempts {
            return self.fall_back(kept);
        }
        kept.messages = vec![self.question(&kept, true)];
        kept
    }

    fn fall_back(&self, before: Kept) -> Kept {
        let kept = Kept { intent: "FallbackIntent".into(), attributes: before.attributes, ..Kept::default() };
        let kept = Kept { next: Some(Next::Ready), state: "ReadyForFulfillment", confirmation: "None", ..kept };
        Kept { messages: vec![self.said(self.bot.fallback(), &kept)], ..kept }
    }

    /// A slot as Lex shows it: null, or what was said and what it may mean.
    pub(super) fn shown_slot(&self, slot: &Slot, slots: &Slots) -> Value {
        let Some(value) = slots.get(&slot.name) else { return Value::Null };
        let (interpreted, resolved) = match self.bot.kind(slot) {
            Kind::Open(open) if is_listed(open, value) => (value.to_lowercase(), vec![value.clone()]),
            Kind::Open(_) => (value.clone(), Vec::new()),
            _ => (value.clone(), vec![value.clone()]),
        };
        let value = json!({"originalValue": interpreted, "interpretedValue": interpreted, "resolvedValues": resolved});
        json!({"shape": "Scalar", "value": value})
    }
}

fn is_listed(open: &SlotType, value: &str) -> bool {
    open.values.iter().any(|known| phrase(&known.value) == phrase(value))
}
