//! Values in the person's own words: what follows a slot's name ("the purpose is …"),
//! and what an utterance announces ("… account for {Purpose}").

use super::bot::{Kind, Slot};
use super::english::{is_article, is_filler, is_link, is_small};
use super::reading::{Found, Rank, Reader, Reading, announces};
use super::sentence::{Sentence, Span};
use crate::domain::text::one_line;

/// Adds values that follow their slot's name: "the OU should be Fraud Analytics".
pub(super) fn named(reader: &Reader<'_>, sentence: &Sentence<'_>, reading: &mut Reading) {
    for slot in &reader.intent.slots {
        let free = match reader.bot.kind(slot) {
            Kind::Free => true,
            Kind::Open(_) => false,
            _ => continue,
        };
        if reading.of(&slot.name).is_some_and(|found| found.rank == Rank::Named) {
            continue;
        }
        let places = slot.names.iter().flat_map(|name| sentence.places(name));
        let captured = places.filter(|at| !reading.covers(at.first)).find_map(|name| {
            let at = behind(reader, sentence, reading, name, free)?;
            Some(found(slot, sentence, at, Span { first: name.first, last: at.last }, Rank::Named))
        });
        if let Some(captured) = captured {
            reading.found.retain(|found| found.slot != slot.name);
            reading.found.push(captured);
        }
    }
}

/// The words behind a slot's name, up to where something else begins.
fn behind(reader: &Reader<'_>, sentence: &Sentence<'_>, reading: &Reading, name: Span, free: bool) -> Option<Span> {
    let mut first = name.last + 1;
    // Links go, and the article in front of a name; one in free words is part of them.
    while is_link(sentence.word(first)) && !(free && is_article(sentence.word(first))) {
        first += 1;
    }
    if sentence.word(first) == "from" {
        first = (first..sentence.words.len()).find(|at| sentence.word(*at) == "to")? + 1;
    }
    let announces = |at: usize| !free && announcing(reader, sentence, at);
    // A list with semicolons is one purpose.
    let breaks = |at: usize| sentence.words[at].after_break && !(free && sentence.before(at).trim() == ";");
    let ends = |at: usize| reading.covers(at) || breaks(at) || announces(at);
    let end = (first..sentence.words.len()).find(|at| ends(*at)).unwrap_or(sentence.words.len());
    let first = if free { first } else { (first..end).find(|at| !is_small(sentence.word(*at)))? };
    trimmed(sentence, first, end)
}

/// Adds what an utterance announces for a free-text slot: "for the fraud team".
/// A single known value there is left alone: "for production" is an account type.
pub(super) fn announced(reader: &Reader<'_>, sentence: &Sentence<'_>, reading: &mut Reading, bare: &[Found]) {
    // Of several only the first that an utterance has a place for.
    let free = |slot: &&Slot| matches!(reader.bot.kind(slot), Kind::Free) && !slot.before.is_empty();
    let free = |slot: &&Slot| free(slot) && reading.of(&slot.name).is_none();
    let Some(slot) = reader.intent.slots.iter().find(free) else { return };
    let cue = |at: usize| announces(slot, at, sentence) && !reading.covers(at);
    let end_of = |first: usize| {
        let ends = |at: usize| reading.covers(at) || sentence.words[at].after_break;
        (first..sentence.words.len()).find(|at| ends(*at)).unwrap_or(sentence.words.len())
    };
    let tells = |word: &str| !is_filler(word) && !reader.intent.uses(word);
    let captured = (0..sentence.words.len()).filter(|at| cue(*at)).filter_map(|at| {
        let (first, end) = (at + 1, end_of(at + 1));
        let part = (first..end).find(|at| cue(*at)).unwrap_or(end);
        let said = trimmed(sentence, first, end).filter(|_| (first..part).any(|at| tells(sentence.word(at))))?;
        let known = bare.iter().any(|found| {
            let plain = !(found.synonym && matches!(reader.kind_of(found), Some(Kind::Open(_))));
            plain && (said.first..=said.last).all(|at| found.at.has(at) || is_small(sentence.word(at)))
        });
        (!known).then(|| found(slot, sentence, said, Span { first: at, last: said.last }, Rank::Bare))
    });
    let mut captured = captured.collect::<Vec<_>>().into_iter();
    let Some(mut purpose) = captured.next() else { return };
    // "for bob in Demos for reporting" is one purpose, said in two places.
    let mut end = purpose.at.last;
    for more in captured {
        if more.around.first > end {
            end = more.at.last;
            purpose.value = format!("{} {}", purpose.value, one_line(sentence.said(more.around)));
            reading.others.push(more.around);
        }
    }
    reading.found.push(purpose);
}

/// Whether a value stands in the middle of what an account is for: "a demo with the ecs
/// team", "to evaluate EKS pricing". Such words choose nothing.
pub(super) fn is_prose(reader: &Reader<'_>, sentence: &Sentence<'_>, found: &Found, eliciting: Option<&str>) -> bool {
    if eliciting.is_some() || found.rank == Rank::Named || !found.synonym {
        return false;
    }
    let begun = (0..found.at.first).any(|at| announcing(reader, sentence, at));
    let next = found.at.last + 1;
    let goes_on = sentence.words.get(next).is_some_and(|word| !word.after_break && !word.glued);
    let word = sentence.word(next);
    let names = reader.intent.slots.iter().flat_map(|slot| &slot.names).any(|name| sentence.goes_on(next, name));
    let cue = reader.intent.slots.iter().any(|slot| announces(slot, next, sentence));
    let tells = !is_small(word) && !names && !cue && !reader.intent.uses(word);
    begun && goes_on && tells && found.rank == Rank::Cued
}

fn announcing(reader: &Reader<'_>, sentence: &Sentence<'_>, at: usize) -> bool {
    let free = |slot: &&Slot| matches!(reader.bot.kind(slot), Kind::Free);
    reader.intent.slots.iter().filter(free).any(|slot| announces(slot, at, sentence))
}

/// Without the small words at the end; nothing when only small words are left.
fn trimmed(sentence: &Sentence<'_>, first: usize, end: usize) -> Option<Span> {
    let last = (first..end).rev().find(|at| !is_small(sentence.word(*at)))?;
    Some(Span { first, last })
}

fn found(slot: &Slot, sentence: &Sentence<'_>, at: Span, around: Span, rank: Rank) -> Found {
    let value = one_line(if rank == Rank::Bare { sentence.said_whole(at) } else { sentence.said(at) });
    Found { slot: slot.name.clone(), value, at, around, rank, synonym: false, alone: true }
}
