//! A sentence as words: cut, folded to lower case, and the small English words the
//! engine knows by itself. Locale `en_US` only; it knows no intents and no slots.

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

/// Words that carry no meaning for choosing an intent, and may stand around a value.
/// `mailto` is how Slack writes an address somebody typed: `<mailto:a@b.c|a@b.c>`.
#[must_use]
pub fn is_filler(word: &str) -> bool {
    const FILLER: &[&str] = &[
        "a",
        "afternoon",
        "all",
        "also",
        "am",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "could",
        "day",
        "dear",
        "evening",
        "for",
        "good",
        "hello",
        "hey",
        "hi",
        "hiya",
        "i",
        "id",
        "ill",
        "im",
        "in",
        "is",
        "it",
        "its",
        "just",
        "kindly",
        "mailto",
        "me",
        "morning",
        "my",
        "now",
        "of",
        "on",
        "or",
        "our",
        "please",
        "pls",
        "plz",
        "put",
        "shall",
        "so",
        "some",
        "thank",
        "thanks",
        "that",
        "thats",
        "the",
        "then",
        "there",
        "this",
        "to",
        "today",
        "us",
        "use",
        "we",
        "will",
        "with",
        "would",
        "you",
        "your",
    ];
    FILLER.contains(&word)
}

/// Words that never are a value by themselves: fillers, and what people say about values.
#[must_use]
pub fn is_small(word: &str) -> bool {
    const SAID_ABOUT_VALUES: &[&str] = &[
        "bad",
        "but",
        "call",
        "choose",
        "correct",
        "different",
        "else",
        "fine",
        "from",
        "go",
        "goes",
        "guess",
        "have",
        "incorrect",
        "into",
        "let",
        "lets",
        "like",
        "make",
        "maybe",
        "need",
        "not",
        "ok",
        "okay",
        "one",
        "other",
        "pick",
        "prefer",
        "probably",
        "right",
        "select",
        "set",
        "should",
        "take",
        "think",
        "under",
        "using",
        "want",
        "was",
        "which",
        "wrong",
        "yes",
    ];
    is_filler(word) || is_marker(word) || SAID_ABOUT_VALUES.contains(&word)
}

/// Words by which people announce a correction.
#[must_use]
pub fn is_marker(word: &str) -> bool {
    const MARKERS: &[&str] = &[
        "actually",
        "change",
        "correction",
        "edit",
        "instead",
        "mean",
        "meant",
        "no",
        "nope",
        "oops",
        "rather",
        "replace",
        "sorry",
        "switch",
        "update",
        "wait",
    ];
    MARKERS.contains(&word)
}

/// A text on one line: control characters and runs of blanks become one blank.
#[must_use]
pub fn tidy(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words that may link a slot's name with its value: "the OU should be Demos".
#[must_use]
pub fn is_link(word: &str) -> bool {
    matches!(word, "a" | "an" | "as" | "be" | "is" | "must" | "of" | "should" | "the" | "to" | "for" | "it")
}

/// Whether a whole answer means yes. Anything it does not fully understand is no yes.
#[must_use]
pub fn is_yes(words: &[Word]) -> bool {
    const YES: &[&str] = &[
        "absolutely",
        "affirmative",
        "agreed",
        "alright",
        "aye",
        "certainly",
        "confirm",
        "confirmed",
        "correct",
        "definitely",
        "exactly",
        "fine",
        "go",
        "good",
        "indeed",
        "jep",
        "ok",
        "okay",
        "perfect",
        "right",
        "submit",
        "sure",
        "yeah",
        "yep",
        "yes",
        "yup",
    ];
    const BESIDE: &[&str] =
        &["ahead", "approval", "do", "everything", "great", "lets", "looks", "request", "send", "sir", "thing"];
    let yes = |word: &Word| YES.contains(&word.text.as_str());
    words.iter().any(yes)
        && words
            .iter()
            .all(|word| yes(word) || is_filler(&word.text) || word.text == "y" || BESIDE.contains(&word.text.as_str()))
        || matches!(words, [only] if only.text == "y")
}

/// Whether a whole answer means no, and nothing more.
#[must_use]
pub fn is_no(words: &[Word]) -> bool {
    const NO: &[&str] = &["dont", "n", "nah", "nay", "negative", "never", "no", "nope", "not"];
    const BESIDE: &[&str] = &["correct", "do", "ok", "right", "send", "sorry", "want", "wrong", "yet"];
    let no = |word: &Word| NO.contains(&word.text.as_str());
    words.iter().any(no)
        && words.iter().all(|word| no(word) || is_filler(&word.text) || BESIDE.contains(&word.text.as_str()))
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
    fn only_a_plain_yes_is_a_yes() {
        for yes in
            ["yes", "Yep!", "y", "sure, go ahead", "yes please", "ok", "That's right.", "looks good", "Yes, send it"]
        {
            assert!(is_yes(&cut(yes)), "{yes}");
        }
        for other in
            ["", "no", "yes but change the OU", "not right", "yes, Production", "please", "do", "nope", "ok?? whatever"]
        {
            assert!(!is_yes(&cut(other)), "{other}");
        }
    }

    #[test]
    fn only_a_plain_no_is_a_no() {
        for no in ["no", "Nope", "no thanks", "n", "no, that's wrong", "not yet", "nah"] {
            assert!(is_no(&cut(no)), "{no}");
        }
        for other in ["no, Production", "yes", "wrong", "nothing", "note"] {
            assert!(!is_no(&cut(other)), "{other}");
        }
    }

    #[test]
    fn stems_fold_plurals_and_ing_forms() {
        for (a, b) in [("accounts", "account"), ("creating", "create"), ("requests", "requesting")] {
            assert_eq!(stem(a), stem(b).strip_suffix('e').unwrap_or(stem(b)), "{a} {b}");
        }
        assert_eq!(stem("status"), "status");
    }
}
