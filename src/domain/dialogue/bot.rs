//! The bot manifest, checked: intents, slots, slot types and their words. Both
//! engines are made from it; it does not know how a sentence is read.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

/// A bot whose parts all fit together. The concepts are those of Amazon Lex V2.
#[derive(Debug, Clone)]
pub struct Bot {
    /// The bot's name.
    pub name: String,
    /// The language, like `en_US`.
    pub locale: String,
    /// A conversation without a turn for this long is forgotten (60–86400 s, the Lex limits).
    pub idle_session_seconds: u32,
    /// How often one thing is asked, the first time included (1–6).
    pub max_attempts: u32,
    /// The intents; exactly one is the fallback.
    pub intents: Vec<Intent>,
    /// The slot types of its own.
    pub slot_types: Vec<SlotType>,
    /// How telling a word is: 1 when one intent uses it, 1/n when n do.
    pub(super) weights: BTreeMap<String, f64>,
}

/// Something a person may want.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Its name.
    pub name: String,
    /// Whether it is taken when nothing else fits.
    pub fallback: bool,
    /// Sentences that mean it.
    pub utterances: Vec<Utterance>,
    /// In the order asked.
    pub slots: Vec<Slot>,
    /// Asked when all slots are filled.
    pub confirmation: Option<Confirmation>,
    /// What the bot answers by itself; without it the service answers.
    pub response: Option<String>,
    /// Said when retries ran out.
    pub gave_up: Option<String>,
}

/// A sample sentence.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// As written in the manifest.
    pub text: String,
    /// Cut into words and places for slots.
    pub parts: Vec<Part>,
}

/// A word of an utterance, or the place of a slot in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A lower-case word.
    Word(String),
    /// The slot of this name.
    Slot(String),
}

/// A value an intent needs or understands.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Its type's name.
    pub slot_type: String,
    /// Whether it is asked for.
    pub required: bool,
    /// What people call it, as lower-case words; longest first.
    pub names: Vec<Vec<String>>,
    /// The question.
    pub prompt: String,
    /// The question after an answer that did not fit.
    pub retry: String,
    /// Words or pairs of words that announce its value, out of the utterances.
    pub(super) before: BTreeSet<String>,
    /// Words that follow its value, out of the utterances.
    pub(super) after: BTreeSet<String>,
}

/// The last question before an intent is ready.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// The question; may use `{Slot}`.
    pub prompt: String,
    /// The question after an answer that did not fit.
    pub retry: String,
    /// The answer to a no.
    pub declined: String,
}

/// What values a slot may have.
#[derive(Debug, Clone)]
pub struct SlotType {
    /// Its name.
    pub name: String,
    /// How a value is resolved.
    pub strategy: Strategy,
    /// The values, for types that list them.
    pub values: Vec<SlotValue>,
    /// What a value looks like, for types that extend `AMAZON.AlphaNumeric`.
    pub pattern: Option<Regex>,
}

/// How a value is resolved, in the words of Lex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Strategy {
    /// Only listed values and their synonyms.
    TopResolution,
    /// What the person said, if it is not a listed value.
    OriginalValue,
}

/// A listed value.
#[derive(Debug, Clone)]
pub struct SlotValue {
    /// The canonical value.
    pub value: String,
    /// Other words for it.
    pub synonyms: Vec<String>,
    /// Offered even when live values replace the list.
    pub always: bool,
}

/// Built-in type: an e-mail address.
pub const EMAIL_TYPE: &str = "AMAZON.EmailAddress";
/// Built-in type: whatever the person says.
pub const FREE_TYPE: &str = "AMAZON.FreeFormInput";

/// How a slot's values are found in a sentence.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'b> {
    /// It looks like an e-mail address.
    Email,
    /// Whatever the person says.
    Free,
    /// It looks like the pattern.
    Pattern(&'b Regex),
    /// One of the type's values and nothing else.
    Closed(&'b SlotType),
    /// One of the type's values, or what the person says.
    Open(&'b SlotType),
}

/// The manifest this program ships with.
pub const SHIPPED: &str = include_str!("../../../manifests/bot.yaml");

impl Bot {
    /// Reads a manifest. Every fault is reported, each with its line and what to do.
    pub fn parse(yaml: &str) -> Result<Self, Vec<String>> {
        super::load::parse(yaml)
    }

    /// The bot this program ships with.
    ///
    /// # Panics
    /// Never: the manifest is part of the binary and a test parses it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the manifest is part of the binary and a test parses it")]
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the shipped manifest is sound")
    }

    /// The intent of this name.
    #[must_use]
    pub fn intent(&self, name: &str) -> Option<&Intent> {
        self.intents.iter().find(|intent| intent.name == name)
    }

    /// The words of the fallback intent.
    #[must_use]
    pub fn fallback(&self) -> &str {
        let fallback = self.intents.iter().find(|intent| intent.fallback);
        fallback.and_then(|intent| intent.response.as_deref()).unwrap_or_default()
    }

    /// The slot type of this name, if the manifest defines it.
    #[must_use]
    pub fn slot_type(&self, name: &str) -> Option<&SlotType> {
        self.slot_types.iter().find(|slot_type| slot_type.name == name)
    }

    /// How values of a slot are found. A type that is neither built in nor defined
    /// takes anything; a parsed manifest has none.
    #[must_use]
    pub fn kind(&self, slot: &Slot) -> Kind<'_> {
        match (slot.slot_type.as_str(), self.slot_type(&slot.slot_type)) {
            (EMAIL_TYPE, _) => Kind::Email,
            (_, Some(SlotType { pattern: Some(pattern), .. })) => Kind::Pattern(pattern),
            (_, Some(closed)) if closed.strategy == Strategy::TopResolution => Kind::Closed(closed),
            (_, Some(open)) => Kind::Open(open),
            (_, None) => Kind::Free,
        }
    }
}

impl SlotType {
    /// The pattern as the manifest has it.
    #[must_use]
    pub fn pattern_text(&self) -> Option<&str> {
        super::load::as_written(self.pattern.as_ref()?)
    }
}

impl Intent {
    /// The slot of this name.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }

    /// Whether it holds a conversation: asks for slots or for a yes.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.confirmation.is_some() || self.slots.iter().any(|slot| slot.required)
    }

    /// Whether one of its utterances uses this word outside of a slot's place.
    #[must_use]
    pub fn uses(&self, word: &str) -> bool {
        self.utterances.iter().any(|utterance| utterance.parts.iter().any(|part| *part == Part::Word(word.to_owned())))
    }
}
