//! A text as words: cut, folded to lower case, and compared. It knows no intents and
//! no slots.

/// One word of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Lower case, without apostrophes.
    pub text: String,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
    /// Joined to the word before, as in `non-prod` or `corp.example`.
    pub glued: bool,
    /// A sentence ends between the word before and this one.
    pub after_break: bool,
}

/// Characters that join two words into one name when nothing else stands between them.
const GLUE: [&str; 7] = ["-", "_", ".", "+", "@", "&", "\u{2010}"];
/// Characters that end a sentence or a clause.
const BREAKS: [char; 6] = ['.', '!', '?', ';', '\n', '。'];

/// Cuts a text into words; everything but letters, digits and apostrophes separates.
#[must_use]
pub fn cut(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut start = None;
    let ends = text.char_indices().map(|(at, c)| (at, in_word(c))).chain([(text.len(), false)]);
    for (at, inside) in ends {
        match (start, inside) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.extend(word(text, from, at, words.last()));
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '’')
}

fn word(text: &str, start: usize, end: usize, before: Option<&Word>) -> Option<Word> {
    let folded: String =
        text[start..end].chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if folded.is_empty() {
        return None;
    }
    let between = before.map_or("", |before| &text[before.end..start]);
    let glued = GLUE.contains(&between);
    Some(Word { text: folded, start, end, glued, after_break: !glued && between.contains(BREAKS) })
}

/// Only the words' texts, for phrases out of the manifest.
#[must_use]
pub fn phrase(text: &str) -> Vec<String> {
    cut(text).into_iter().map(|word| word.text).collect()
}

/// Folds plural and -ing forms together, enough to compare intents' words.
#[must_use]
pub fn stem(word: &str) -> &str {
    let cut = |ending: &str| word.strip_suffix(ending).filter(|rest| rest.len() > 3);
    if word.ends_with("ss") || word.ends_with("us") {
        return word;
    }
    cut("ing").or_else(|| cut("s")).map_or(word, |rest| rest.strip_suffix('e').unwrap_or(rest))
}

/// Whether two words differ by one typing slip; short words must be equal.
#[must_use]
pub fn nearly(a: &str, b: &str) -> bool {
    a == b || (a.len() >= 5 && b.len() >= 5 && strsim::damerau_levenshtein(a, b) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_place_and_know_what_joins_them() {
        let words = cut("Non-prod. What’s «Élan»?");
        let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["non", "prod", "whats", "élan"]);
        assert!(words[1].glued && !words[1].after_break);
        assert!(!words[2].glued && words[2].after_break);
        assert_eq!(&"Non-prod. What’s «Élan»?"[words[3].start..words[3].end], "Élan");
    }

    #[test]
    fn stems_fold_plurals_and_ing_forms() {
        for (a, b) in [("accounts", "account"), ("creating", "create"), ("requests", "requesting")] {
            assert_eq!(stem(a), stem(b).strip_suffix('e').unwrap_or(stem(b)), "{a} {b}");
        }
        assert_eq!(stem("status"), "status");
    }
}
