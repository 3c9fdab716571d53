//! Which intent a sentence means: an utterance fits when all its telling words are
//! there, in any order; the most telling one wins. It knows nothing of sessions.

use super::bot::{Bot, Intent, Part, Utterance};
use super::english::is_filler;
use super::reading::{Reader, Reading};
use super::sentence::Sentence;
use super::vocabulary::Vocabulary;
use super::words::{nearly, stem};

/// An intent that fits.
#[derive(Debug)]
pub struct Match<'b> {
    /// The intent.
    pub intent: &'b Intent,
    /// What the sentence says about its slots.
    pub reading: Reading,
    /// Whether the sentence says nothing else.
    pub whole: bool,
    score: f64,
}

/// How much a slot's value tells; a word tells 1, and up to 1 more the fewer intents use it.
const SLOT_WEIGHT: f64 = 0.5;

/// The intent that fits best, the first in the manifest among equals; never the
/// fallback. `tolerant` forgives one typing slip in longer words.
#[must_use]
pub fn classify<'b>(
    bot: &'b Bot,
    vocabulary: &Vocabulary,
    sentence: &Sentence<'_>,
    tolerant: bool,
) -> Option<Match<'b>> {
    let mut best: Option<Match<'b>> = None;
    for intent in bot.intents.iter().filter(|intent| !intent.fallback && !unwanted(intent, sentence)) {
        let reading = Reader { bot, vocabulary, intent }.read(sentence, None);
        let heard = Heard { bot, sentence, reading: &reading, tolerant };
        let fits = intent.utterances.iter().filter_map(|utterance| heard.score(utterance));
        let Some(score) = fits.max_by(f64::total_cmp) else { continue };
        if best.as_ref().is_none_or(|best| score > best.score) {
            let whole = intent.utterances.iter().any(|utterance| heard.is_whole(utterance));
            best = Some(Match { intent, reading, whole, score });
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
        (score > 0.0).then_some(score)
    }

    fn is_whole(&self, utterance: &Utterance) -> bool {
        let says =
            |word: &str| utterance.parts.iter().any(|part| matches!(part, Part::Word(own) if self.same(own, word)));
        let explained = |(at, word): (usize, &super::words::Word)| {
            is_filler(&word.text) || self.reading.covers(at) || says(&word.text)
        };
        self.score(utterance).is_some() && self.sentence.words.iter().enumerate().all(explained)
    }

    fn has(&self, word: &str) -> bool {
        self.sentence.words.iter().any(|said| self.same(word, &said.text))
    }

    fn same(&self, word: &str, said: &str) -> bool {
        let (word, said) = (stem(word), stem(said));
        word == said || (self.tolerant && nearly(word, said))
    }
}
