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
            Kind::Closed(_) if slot.required => before_its_name(reader, slot, sentence, reading),
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

fn is_unknown(reader: &Reader<'_>, sentence: &Sentence<'_>, reading: &Reading, at: usize) -> bool {
    let word = sentence.word(at);
    !reading.covers(at) && !is_filler(word) && !reader.intent.uses(word)
}
