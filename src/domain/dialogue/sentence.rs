//! What a person said: its words, where phrases stand in it, and the text between
//! blanks. It knows no slots.

use super::words::{Word, cut};

/// What a person said, cut.
#[derive(Debug)]
pub struct Sentence<'t> {
    /// As typed.
    pub text: &'t str,
    /// Its words.
    pub words: Vec<Word>,
}

/// Words `first..=last` of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Index of the first word.
    pub first: usize,
    /// Index of the last word.
    pub last: usize,
}

impl Span {
    /// Whether the word is in it.
    #[must_use]
    pub const fn has(self, word: usize) -> bool {
        self.first <= word && word <= self.last
    }

    /// Whether they share a word.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// How many words it has beyond the first.
    #[must_use]
    pub const fn length(self) -> usize {
        self.last - self.first
    }
}

impl<'t> Sentence<'t> {
    /// Cuts a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self { text, words: cut(text) }
    }

    /// The word at an index; empty outside of the sentence.
    #[must_use]
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &word.text)
    }

    /// The text of some words as typed, with what stands between them.
    #[must_use]
    pub fn said(&self, span: Span) -> &'t str {
        let bounds = self.words.get(span.first).zip(self.words.get(span.last));
        bounds.and_then(|(first, last)| self.text.get(first.start..last.end)).unwrap_or_default()
    }

    /// What stands between a word and the one before.
    #[must_use]
    pub fn before(&self, at: usize) -> &'t str {
        let from = at.checked_sub(1).and_then(|before| self.words.get(before)).map_or(0, |before| before.end);
        self.words.get(at).and_then(|word| self.text.get(from..word.start)).unwrap_or_default()
    }

    /// The text of some words with the signs that belong to them: a picture in front, and
    /// brackets and quotation marks that open and close around words of it.
    #[must_use]
    pub fn said_whole(&self, span: Span) -> &'t str {
        let Some((first, last)) = self.words.get(span.first).zip(self.words.get(span.last)) else { return "" };
        let sign = |c: char| !c.is_whitespace() && !",;:.!?<>|-–—*=".contains(c);
        let opening = self.before(span.first).trim_start_matches(|c| !sign(c));
        let start =
            if opening.chars().all(|c| sign(c) || c == ' ') { first.start - opening.len() } else { first.start };
        let behind = &self.text[last.end..];
        let closing = behind.len() - behind.trim_start_matches([')', ']', '"', '”', '»', '\'', '*', '`']).len();
        let whole = &self.text[start..last.end + closing];
        if is_balanced(whole) { whole } else { self.said(span) }
    }

    /// Whether the phrase stands from this word on.
    #[must_use]
    pub fn goes_on(&self, first: usize, phrase: &[String]) -> bool {
        let words = self.words.iter().skip(first).map(|word| &word.text);
        !phrase.is_empty() && words.take(phrase.len()).eq(phrase)
    }

    /// Where a phrase stands, whole words only: `prod` is not in `non-prod`.
    pub fn places<'s>(&'s self, phrase: &'s [String]) -> impl Iterator<Item = Span> + 's {
        let length = phrase.len().max(1);
        let windows = self.words.windows(length).enumerate();
        windows.filter(move |(_, window)| window.iter().map(|word| &word.text).eq(phrase)).filter_map(
            move |(first, _)| {
                let span = Span { first, last: first + length - 1 };
                let joined = self.words[first].glued || self.words.get(span.last + 1).is_some_and(|next| next.glued);
                (!joined).then_some(span)
            },
        )
    }

    /// The pieces of text between blanks and brackets that have words in them.
    pub fn chunks(&self) -> impl Iterator<Item = (&'t str, Span)> {
        let separates = |c: char| c.is_whitespace() || "<>|,;:()[]{}\"".contains(c);
        self.text.split(separates).filter_map(|chunk| {
            let chunk = chunk.trim_matches(['.', '!', '?', '\'', '=', '`', '*']);
            let start = chunk.as_ptr() as usize - self.text.as_ptr() as usize;
            let inside = |word: &Word| word.start >= start && word.end <= start + chunk.len();
            let first = self.words.iter().position(inside)?;
            let last = self.words.iter().rposition(inside)?;
            Some((chunk, Span { first, last }))
        })
    }
}

/// Whether every bracket and quotation mark has its partner.
fn is_balanced(text: &str) -> bool {
    let count = |sign: char| text.matches(sign).count();
    let pairs = [('(', ')'), ('[', ']'), ('“', '”'), ('«', '»')];
    pairs.iter().all(|(open, close)| count(*open) == count(*close)) && count('"') % 2 == 0
}
