//! Which intent a sentence means: an utterance fits when all its telling words are
//! there, in any order; the most telling one wins. It knows nothing of sessions.

use super::bot::{Bot, Intent, Kind, Part, Utterance};
use super::english::{is_asking, is_being, is_filler, is_small};
use super::reading::{Found, Reader, Reading};
use super::sentence::{Sentence, Span};
use super::vocabulary::Vocabulary;
use super::words::{Word, nearly, phrase, stem};

/// An intent that fits.
#[derive(Debug)]
pub struct Match<'b> {
    /// The intent.
    pub intent: &'b Intent,
    /// What the sentence says about its slots.
    pub reading: Reading,
    /// Whether the sentence says nothing else.
    pub whole: bool,
    /// Whether it is values alone, which may as well answer a question.
    pub bare: bool,
    score: f64,
}

/// How much a slot's value tells; a word tells 1, and up to 1 more the fewer intents use it.
const SLOT_WEIGHT: f64 = 0.5;

/// The intent that fits best, among equals one that asks, then the first in the manifest; never the
/// fallback. `tolerant` forgives one typing slip in longer words.
#[must_use]
pub fn classify<'b>(
    bot: &'b Bot,
    vocabulary: &Vocabulary,
    sentence: &Sentence<'_>,
    tolerant: bool,
) -> Option<Match<'b>> {
    let mut best: Option<Match<'b>> = None;
    let mut purposes = Vec::new();
    // What a person wants comes first: words of its purpose ask for nothing else.
    let (asking, others): (Vec<_>, Vec<_>) = bot.intents.iter().partition(|intent| intent.asks());
    let wanted = |intent: &&&Intent| !intent.fallback && !unwanted(intent, sentence);
    for intent in asking.iter().chain(&others).filter(wanted) {
        let reading = Reader { bot, vocabulary, intent }.read(sentence, None);
        let inside = if intent.asks() { Vec::new() } else { purposes.clone() };
        let heard = Heard { bot, sentence, reading: &reading, inside, asks: intent.asks(), tolerant };
        let fits = intent.utterances.iter().filter_map(|utterance| heard.score(utterance));
        let Some(score) = fits.max_by(f64::total_cmp) else { continue };
        if intent.asks() {
            let free = |slot: &str| intent.slot(slot).is_some_and(|slot| matches!(bot.kind(slot), Kind::Free));
            purposes.extend(reading.found.iter().filter(|found| free(&found.slot)).map(|found| found.at));
        }
        if best.as_ref().is_none_or(|best| score > best.score) {
            let whole = intent.utterances.iter().any(|utterance| heard.is_whole(utterance));
            let bare = is_bare(sentence, &reading);
            best = Some(Match { intent, reading, whole, bare, score });
        }
    }
    best
}

/// "I do not want an account" begins no conversation.
fn unwanted(intent: &Intent, sentence: &Sentence<'_>) -> bool {
    let denies = |word: &str| matches!(word, "dont" | "not" | "wont" | "didnt");
    intent.asks() && sentence.words.windows(2).any(|pair| denies(&pair[0].text) && intent.uses(&pair[1].text))
}

struct Heard<'a, 't> {
    bot: &'a Bot,
    sentence: &'a Sentence<'t>,
    reading: &'a Reading,
    /// Words that say what a person's account is for.
    inside: Vec<Span>,
    /// Whether the intent holds a conversation.
    asks: bool,
    tolerant: bool,
}

impl Heard<'_, '_> {
    fn score(&self, utterance: &Utterance) -> Option<f64> {
        let mut score = 0.0;
        for part in &utterance.parts {
            match part {
                Part::Slot(slot) => {
                    self.reading.of(slot)?;
                    score += SLOT_WEIGHT;
                }
                Part::Word(word) if is_filler(word) => {}
                Part::Word(word) if self.has(word) => {
                    score += 1.0 + self.bot.weights.get(stem(word)).copied().unwrap_or(1.0);
                }
                Part::Word(_) => return None,
            }
        }
        let fits = score > 0.0 && (!self.asks || !is_thin(utterance) || self.says_little(utterance));
        fits.then_some(score)
    }

    /// "a sandbox, please": nothing else is said, and the value in its own words or cut short.
    fn says_little(&self, utterance: &Utterance) -> bool {
        let plain = |found: &&Found| {
            let said = self.sentence.word(found.at.first);
            let own = phrase(&found.value).first().is_some_and(|word| word.starts_with(said));
            own || matches!(self.kind(found), Some(Kind::Free))
        };
        let value = |part: &Part| if let Part::Slot(slot) = part { self.reading.of(slot) } else { None };
        let values: Vec<&Found> = utterance.parts.iter().filter_map(value).collect();
        let words = &self.sentence.words;
        let explained =
            |(at, word): (usize, &Word)| is_filler(&word.text) || is_asking(&word.text) || self.reading.covers(at);
        // "is this production?" speaks about one and wants none.
        let speaks = is_bare(self.sentence, self.reading) && words.iter().any(|word| is_being(&word.text));
        !speaks && values.iter().all(plain) && words.iter().enumerate().all(explained)
    }

    fn kind(&self, found: &Found) -> Option<Kind<'_>> {
        self.bot.intents.iter().find_map(|intent| intent.slot(&found.slot)).map(|slot| self.bot.kind(slot))
    }

    fn is_whole(&self, utterance: &Utterance) -> bool {
        let says =
            |word: &str| utterance.parts.iter().any(|part| matches!(part, Part::Word(own) if self.same(own, word)));
        let explained =
            |(at, word): (usize, &Word)| is_filler(&word.text) || self.reading.covers(at) || says(&word.text);
        self.score(utterance).is_some() && self.sentence.words.iter().enumerate().all(explained)
    }

    fn has(&self, word: &str) -> bool {
        let heard = |at: usize| !self.inside.iter().any(|span| span.has(at));
        self.sentence.words.iter().enumerate().any(|(at, said)| heard(at) && self.same(word, &said.text))
    }

    fn same(&self, word: &str, said: &str) -> bool {
        let (word, said) = (stem(word), stem(said));
        word == said || (self.tolerant && !is_small(said) && nearly(word, said))
    }
}

/// Whether a sentence is values and small words alone.
fn is_bare(sentence: &Sentence<'_>, reading: &Reading) -> bool {
    let mut words = sentence.words.iter().enumerate();
    words.all(|(at, word)| is_filler(&word.text) || reading.covers(at))
}

/// Whether an utterance has values and words of asking and nothing that tells what is
/// asked for: `give me a {AccountType}`.
fn is_thin(utterance: &Utterance) -> bool {
    let thin = |part: &Part| match part {
        Part::Slot(_) => true,
        Part::Word(word) => is_filler(word) || is_asking(word),
    };
    let values = utterance.parts.iter().filter(|part| matches!(part, Part::Slot(_))).count();
    values > 0 && utterance.parts.iter().all(thin)
}
