//! Values that are announced and not known, so that they can be refused by name: "in
//! Marketing", "with the foobar blueprint". Whether they exist is the service's business.

use super::bot::{Kind, Slot};
use super::english::{is_article, is_asking, is_filler, is_link, is_small};
use super::reading::{Found, Rank, Reader, Reading, announces};
use super::sentence::{Sentence, Span};
use crate::domain::text::one_line;

/// More words than this are a sentence and no name.
const MOST_WORDS: usize = 3;

/// Adds what is announced for a slot that lists its values and is none of them.
pub(super) fn named(reader: &Reader<'_>, sentence: &Sentence<'_>, reading: &mut Reading, eliciting: Option<&str>) {
    for slot in &reader.intent.slots {
        let said = match reader.bot.kind(slot) {
            // What answers a question for any name is found there.
            Kind::Open(_) if slot.required && eliciting.is_none() => behind_a_cue(reader, slot, sentence, reading),
            Kind::Closed(_) if slot.required => before_its_name(reader, slot, sentence, reading)
                .or_else(|| behind_its_name(slot, sentence, reading))
                .or_else(|| alone(sentence, reading).filter(|_| eliciting == Some(slot.name.as_str()))),
            _ => None,
        };
        let known = reading.of(&slot.name).is_some();
        let Some((at, around)) = said.filter(|_| !known) else { continue };
        let value = one_line(sentence.said(at));
        reading.found.push(Found {
            slot: slot.name.clone(),
            value,
            at,
            around,
            rank: Rank::Cued,
            synonym: false,
            alone: true,
        });
    }
}

/// "in Marketing": the names, written as such, behind a word that announces the slot.
fn behind_a_cue(reader: &Reader<'_>, slot: &Slot, sentence: &Sentence<'_>, reading: &Reading) -> Option<(Span, Span)> {
    let is_name = |at: usize| {
        let word = sentence.word(at);
        let typed = sentence.said(Span { first: at, last: at });
        typed.starts_with(char::is_uppercase) && is_unknown(reader, sentence, reading, at) && !is_small(word)
    };
    let words = sentence.words.len();
    (0..words).filter(|at| announces(slot, *at, sentence)).find_map(|cue| {
        let first = (cue + 1..words).find(|at| !is_article(sentence.word(*at)))?;
        let ends = |at: &usize| !is_name(*at) || (*at > first && sentence.words[*at].after_break);
        let end = (first..words).find(ends).unwrap_or(words);
        let fits = end > first && end - first <= MOST_WORDS;
        fits.then(|| (Span { first, last: end - 1 }, Span { first: cue, last: end - 1 }))
    })
}

/// "with the foobar blueprint": the one word between an article or a cue and the slot's name.
fn before_its_name(
    reader: &Reader<'_>,
    slot: &Slot,
    sentence: &Sentence<'_>,
    reading: &Reading,
) -> Option<(Span, Span)> {
    let names = slot.names.iter().flat_map(|name| sentence.places(name));
    names.filter(|name| !reading.covers(name.first)).find_map(|name| {
        let last = name.first.checked_sub(1)?;
        let first = (0..=last).rev().take_while(|at| *at == last || sentence.words[*at + 1].glued).last()?;
        let cue = (0..first).rev().find(|at| !is_article(sentence.word(*at)))?;
        let told = (first..=last).all(|at| {
            let word = sentence.word(at);
            is_unknown(reader, sentence, reading, at) && !is_small(word) && !is_link(word) && !is_asking(word)
        });
        (told && announces(slot, cue, sentence)).then_some((Span { first, last }, Span { first: cue, last: name.last }))
    })
}

/// "blueprint: mlops-esc": what looks like an id, behind the slot's name.
fn behind_its_name(slot: &Slot, sentence: &Sentence<'_>, reading: &Reading) -> Option<(Span, Span)> {
    let mut names = slot.names.iter().flat_map(|name| sentence.places(name));
    names.find_map(|name| {
        let first = (name.last + 1..sentence.words.len()).find(|at| !is_link(sentence.word(*at)))?;
        let at = ids(sentence).find(|at| at.first == first)?;
        let free = !reading.covers(name.first) && !reading.covers(first);
        free.then_some((at, Span { last: at.last, ..name }))
    })
}

/// "mlops-esc, please": what looks like an id, and nothing else, in answer to the question.
fn alone(sentence: &Sentence<'_>, reading: &Reading) -> Option<(Span, Span)> {
    let at = ids(sentence).find(|at| !reading.covers(at.first))?;
    let alone = (0..sentence.words.len()).all(|word| at.has(word) || is_small(sentence.word(word)));
    alone.then_some((at, at))
}

/// Letters and digits with dashes between them, as the ids of a catalogue are.
fn ids(sentence: &Sentence<'_>) -> impl Iterator<Item = Span> {
    let is_id = |chunk: &str| {
        chunk.contains('-')
            && chunk.contains(|c: char| c.is_ascii_alphabetic())
            && chunk.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    sentence.chunks().filter(move |(chunk, _)| is_id(chunk)).map(|(_, at)| at)
}

fn is_unknown(reader: &Reader<'_>, sentence: &Sentence<'_>, reading: &Reading, at: usize) -> bool {
    let word = sentence.word(at);
    !reading.covers(at) && !is_filler(word) && !reader.intent.uses(word)
}
