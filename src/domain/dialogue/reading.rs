//! Finds slot values in a sentence: listed values and their synonyms, e-mail
//! addresses, patterns, and (in `free_text`) what people say in their own words.
//! It only reads; what a value means for the conversation is the engine's business.

use super::bot::{Bot, Intent, Kind, Slot, SlotType};
use super::english::{is_article, is_filler, is_link, is_no, is_yes};
use super::sentence::{Sentence, Span};
use super::vocabulary::Vocabulary;
use super::words::{Word, cut};
use super::{free_text, unknown};

/// How sure a value belongs to its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The value stands alone.
    Bare,
    /// It stands where an utterance has the slot, or no other slot looks like it.
    Cued,
    /// The slot is called by name beside it.
    Named,
}

/// A value in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The slot it is for.
    pub slot: String,
    /// Canonical where the slot type has one, else as said.
    pub value: String,
    /// The value's words.
    pub at: Span,
    /// The value's words and those that announce it.
    pub around: Span,
    /// How sure.
    pub rank: Rank,
    /// Whether it was said in the words of a synonym.
    pub synonym: bool,
    /// Whether it may count where its slot is neither asked for nor named; `none` may not.
    pub alone: bool,
}

/// What a sentence says about an intent's slots.
#[derive(Debug, Default)]
pub struct Reading {
    /// Values, at most one for a slot.
    pub found: Vec<Found>,
    /// Slots called by name without a value, in the order asked.
    pub mentioned: Vec<String>,
    /// Further places of values that are sure to be values, like an address said twice.
    pub(super) others: Vec<Span>,
}

impl Reading {
    /// The value found for a slot.
    #[must_use]
    pub fn of(&self, slot: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.slot == slot)
    }

    /// Whether it says nothing about any slot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && self.mentioned.is_empty()
    }

    /// Whether a word belongs to a value or announces one.
    #[must_use]
    pub fn covers(&self, word: usize) -> bool {
        self.found.iter().map(|found| &found.around).chain(&self.others).any(|span| span.has(word))
    }
}

/// Reads sentences for one intent.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The manifest.
    pub bot: &'a Bot,
    /// The values of the moment.
    pub vocabulary: &'a Vocabulary,
    /// The intent whose slots are looked for.
    pub intent: &'a Intent,
}

impl Reader<'_> {
    /// Finds at most one value for each slot; `eliciting` is the slot that was asked for.
    #[must_use]
    pub fn read(&self, sentence: &Sentence<'_>, eliciting: Option<&str>) -> Reading {
        let all = self.candidates(sentence, eliciting);
        let (sure, bare): (Vec<_>, Vec<_>) = all
            .into_iter()
            .filter(|found| !free_text::is_prose(self, sentence, found, eliciting))
            .partition(|found| found.rank > Rank::Bare);
        let mut reading = Reading { others: sure.iter().map(|found| found.at).collect(), ..Reading::default() };
        choose(&mut reading.found, sure);
        free_text::named(self, sentence, &mut reading);
        free_text::announced(self, sentence, &mut reading, &bare);
        choose(&mut reading.found, bare);
        unknown::named(self, sentence, &mut reading, eliciting);
        reading.found.retain(|found| !found.value.is_empty());
        reading.mentioned = self.mentioned(sentence, &reading);
        reading
    }

    /// Every place where a value may be meant, best first.
    fn candidates(&self, sentence: &Sentence<'_>, eliciting: Option<&str>) -> Vec<Found> {
        let mut all: Vec<Found> = self.intent.slots.iter().flat_map(|slot| self.values_of(slot, sentence)).collect();
        all.retain(|found| !denied(sentence, found.around.first));
        all.retain(|found| found.alone || found.rank == Rank::Named || eliciting == Some(found.slot.as_str()));
        let undecided: Vec<Span> =
            all.iter().filter(|found| either_or(sentence, found, &all)).map(|found| found.at).collect();
        all.retain(|found| !undecided.iter().any(|span| span.meets(found.at)));
        let spans: Vec<Span> = all.iter().map(|found| found.at).collect();
        all.retain(|found| !spans.iter().any(|other| other.meets(found.at) && other.length() > found.at.length()));
        all.sort_by_key(|found| {
            let asked = eliciting == Some(found.slot.as_str());
            let order = self.intent.slots.iter().position(|slot| slot.name == found.slot);
            (std::cmp::Reverse((found.rank, asked)), order, std::cmp::Reverse(found.at.first))
        });
        all
    }

    fn values_of(&self, slot: &Slot, sentence: &Sentence<'_>) -> Vec<Found> {
        match self.bot.kind(slot) {
            Kind::Email => looking_like(slot, sentence, is_email),
            Kind::Pattern(pattern) => looking_like(slot, sentence, |chunk| pattern.is_match(chunk)),
            Kind::Closed(slot_type) => self.listed(slot, slot_type, sentence),
            Kind::Open(slot_type) => {
                let mut found = self.listed(slot, slot_type, sentence);
                for found in &mut found {
                    take_bracket(found, sentence);
                }
                found
            }
            // A question that shows an address is answered with addresses.
            Kind::Free if slot.prompt.contains('@') => together(looking_like(slot, sentence, is_email)),
            Kind::Free => Vec::new(),
        }
    }

    fn listed(&self, slot: &Slot, slot_type: &SlotType, sentence: &Sentence<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        for choice in self.vocabulary.choices(slot_type) {
            for (nth, phrase) in choice.phrases.iter().enumerate().filter(|(_, phrase)| !means_nothing_alone(phrase)) {
                let alone = !choice.always || slot.names.iter().any(|name| phrase.ends_with(name));
                found.extend(sentence.places(phrase).map(|at| {
                    let found = in_place(slot, &choice.value, at, sentence);
                    let added = nth == 0 && phrase.len() > 1 && is_added(sentence, at);
                    Found {
                        synonym: nth > 0,
                        alone,
                        rank: found.rank.max(if added { Rank::Cued } else { Rank::Bare }),
                        ..found
                    }
                }));
            }
        }
        one_name_one_value(&mut found);
        found
    }

    /// How values of a found value's slot are found.
    pub(super) fn kind_of(&self, found: &Found) -> Option<Kind<'_>> {
        self.intent.slot(&found.slot).map(|slot| self.bot.kind(slot))
    }

    fn mentioned(&self, sentence: &Sentence<'_>, reading: &Reading) -> Vec<String> {
        let named = |slot: &&Slot| {
            let mut places = slot.names.iter().flat_map(|name| sentence.places(name));
            places.any(|at| !reading.covers(at.first)) && reading.of(&slot.name).is_none()
        };
        self.intent.slots.iter().filter(named).map(|slot| slot.name.clone()).collect()
    }
}

/// Takes candidates, best first, as long as their slot and their words are free.
fn choose(taken: &mut Vec<Found>, candidates: Vec<Found>) {
    for found in candidates {
        let free = |other: &Found| other.slot != found.slot && !other.around.meets(found.at);
        if taken.iter().all(free) {
            taken.push(found);
        }
    }
}

/// "Experiment OU for a demo": a name that stands behind one value is not the name before the next.
fn one_name_one_value(found: &mut [Found]) {
    let behind: Vec<Span> = found
        .iter()
        .filter(|found| found.around.last > found.at.last)
        .map(|found| Span { first: found.at.last + 1, last: found.around.last })
        .collect();
    for found in found {
        let begins = found.around.first;
        if begins < found.at.first && behind.iter().any(|name| name.has(begins)) {
            found.around = found.at;
            found.rank = Rank::Bare;
        }
    }
}

/// "… and mlops-eks": an id at the end of what is said, which no prose has there.
fn is_added(sentence: &Sentence<'_>, at: Span) -> bool {
    let ends = sentence.words.get(at.last + 1).is_none_or(|next| next.after_break);
    let joined = at.first.checked_sub(1).is_some_and(|before| matches!(sentence.word(before), "and" | "plus"));
    ends && (joined || sentence.before(at.first).contains(','))
}

/// "production or sandbox": two values with an "or" between them are no choice.
fn either_or(sentence: &Sentence<'_>, one: &Found, all: &[Found]) -> bool {
    all.iter().filter(|other| other.slot == one.slot && other.value != one.value).any(|other| {
        let (first, second) = if one.at.first < other.at.first { (one, other) } else { (other, one) };
        let between = || (first.at.last + 1..second.at.first).map(|at| sentence.word(at));
        between().any(|word| word == "or") && between().all(|word| word == "or" || is_article(word))
    })
}

/// "not Production", "from Demos to …", "instead of Demos": said, but not wanted.
fn denied(sentence: &Sentence<'_>, first: usize) -> bool {
    let mut before = (0..first).rev().map(|at| sentence.word(at)).skip_while(|word| is_article(word));
    match before.next() {
        Some("not" | "from" | "than") => true,
        Some("of") => before.next() == Some("instead"),
        Some("but" | "except") => matches!(before.next(), Some("anything" | "everything" | "all" | "any")),
        _ => false,
    }
}

fn means_nothing_alone(phrase: &[String]) -> bool {
    let words: Vec<Word> = phrase.iter().flat_map(|word| cut(word)).collect();
    is_yes(&words) || is_no(&words) || phrase.iter().all(|word| is_filler(word))
}

fn looking_like(slot: &Slot, sentence: &Sentence<'_>, fits: impl Fn(&str) -> bool) -> Vec<Found> {
    let chunks = sentence.chunks().filter(|(chunk, _)| fits(chunk));
    chunks
        .map(|(chunk, at)| {
            let found = in_place(slot, chunk, at, sentence);
            Found { rank: found.rank.max(Rank::Cued), ..found }
        })
        .collect()
}

/// Several addresses are one answer.
fn together(found: Vec<Found>) -> Vec<Found> {
    let joined = found.into_iter().reduce(|all, next| Found {
        value: format!("{}, {}", all.value, next.value),
        at: Span { last: next.at.last, ..all.at },
        around: Span { last: next.around.last, ..all.around },
        ..all
    });
    joined.into_iter().collect()
}

/// The shape of an address only; whether it may be used is checked with the request.
fn is_email(chunk: &str) -> bool {
    let Some((local, domain)) = chunk.split_once('@') else { return false };
    let local_fits =
        !local.is_empty() && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`~.-".contains(&b));
    let label_fits = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    local_fits && domain.contains('.') && domain.split('.').all(label_fits)
}

/// Judges a value by its neighbours.
fn in_place(slot: &Slot, value: &str, at: Span, sentence: &Sentence<'_>) -> Found {
    let (rank, around) = announced_by(slot, at, sentence);
    Found { slot: slot.name.clone(), value: value.to_owned(), at, around, rank, synonym: false, alone: true }
}

fn announced_by(slot: &Slot, at: Span, sentence: &Sentence<'_>) -> (Rank, Span) {
    if let Some(first) = name_before(slot, at.first, sentence) {
        return (Rank::Named, Span { first, ..at });
    }
    if let Some(name) = slot.names.iter().find(|name| sentence.goes_on(at.last + 1, name)) {
        return (Rank::Named, Span { last: at.last + name.len(), ..at });
    }
    let before = (0..at.first).rev().find(|at| !is_article(sentence.word(*at)));
    if let Some(first) = before.filter(|at| announces(slot, *at, sentence)) {
        return (Rank::Cued, Span { first, ..at });
    }
    let rank = if slot.after.contains(sentence.word(at.last + 1)) { Rank::Cued } else { Rank::Bare };
    (rank, at)
}

/// Whether the utterances have this word, or it and the one before, in front of the slot.
pub(super) fn announces(slot: &Slot, at: usize, sentence: &Sentence<'_>) -> bool {
    let word = sentence.word(at);
    let pair = |before: usize| slot.before.contains(&format!("{} {word}", sentence.word(before)));
    slot.before.contains(word) || at.checked_sub(1).is_some_and(pair)
}

/// Where the slot's name begins when it stands before `end`, links between: "the OU should be …".
fn name_before(slot: &Slot, end: usize, sentence: &Sentence<'_>) -> Option<usize> {
    let links = (0..end).rev().take_while(|at| is_link(sentence.word(*at))).count();
    (end - links..=end).rev().find_map(|end| {
        let begins = slot.names.iter().filter_map(|name| Some((end.checked_sub(name.len())?, name)));
        begins.filter(|(first, name)| sentence.goes_on(*first, name)).map(|(first, _)| first).next()
    })
}

/// `Demos (ou-ab12-3c4d5e6f)`: an id in brackets belongs to the name before it.
fn take_bracket(found: &mut Found, sentence: &Sentence<'_>) {
    let end = sentence.words[found.at.last].end;
    let Some((inside, _)) = sentence.text[end..].trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'))
    else {
        return;
    };
    let words = cut(inside).len();
    if words > 0 && sentence.words.get(found.at.last + words).is_some() {
        found.value = format!("{} ({})", found.value, inside.trim());
        found.at.last += words;
        found.around.last = found.around.last.max(found.at.last);
    }
}
