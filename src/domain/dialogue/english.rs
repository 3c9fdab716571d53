//! The small English words the engine knows by itself: fillers, yes and no, words of
//! correction. Locale `en_US` only; it knows no intents and no slots.

use super::words::Word;

/// Words that carry no meaning for choosing an intent, and may stand around a value.
/// `mailto` is how Slack writes an address somebody typed: `<mailto:a@b.c|a@b.c>`.
const FILLER: &str = "a afternoon all also am an and are as at be by can could day dear evening for good hello hey hi \
    hiya i id ill im in is it its just kindly mailto me morning my now of on or our please pls plz put shall so some \
    thank thanks that thats the then there this to today us use we will with would you your";
/// What people say about a value.
const ABOUT_VALUES: &str = "bad but call choose correct different else fine from go goes guess have incorrect into let \
    lets like make maybe need not ok okay one other pick prefer probably right select set should take think under \
    using want was which wrong yes";
/// Words by which people announce a correction.
const MARKERS: &str = "actually change correction edit instead mean meant no nope oops rather replace sorry switch \
    update wait";
/// Words that may link a slot's name with its value: "the OU should be Demos".
const LINKS: &str = "a an as be for is it mailto must of should the to";
/// Words by which people ask for something, whatever it is.
const ASKING: &str = "another create get give make need new open order provision request set up vend want";
/// Words that a question begins with.
const QUESTIONS: &str = "how what whats when where which who why";
/// Words that say that the person has no answer.
const NO_ANSWER: &str = "dont know idea clue no not sure unsure dunno idk care none nothing";
/// Words that make an answer a yes, and words that may stand beside them.
const YES: &str = "absolutely affirmative agreed alright aye certainly confirm confirmed correct definitely do exactly \
    fine go good indeed jep ok okay perfect right send submit sure y yeah yep yes yup";
const BESIDE_YES: &str = "ahead approval everything great lets looks request sir thing";
/// Words that make an answer a no, and words that may stand beside them.
const NO: &str = "dont n nah nay negative never no nope not";
const BESIDE_NO: &str = "correct do ok right send sorry want wrong yet";

fn among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// Words that carry no meaning for choosing an intent, and may stand around a value.
#[must_use]
pub fn is_filler(word: &str) -> bool {
    among(FILLER, word)
}

/// Words that never are a value by themselves: fillers, and what people say about values.
#[must_use]
pub fn is_small(word: &str) -> bool {
    is_filler(word) || is_marker(word) || among(ABOUT_VALUES, word)
}

/// Words by which people announce a correction.
#[must_use]
pub fn is_marker(word: &str) -> bool {
    among(MARKERS, word)
}

/// Words that stand before a value and say nothing about it.
#[must_use]
pub fn is_article(word: &str) -> bool {
    matches!(word, "a" | "an" | "the")
}

/// Words that may link a slot's name with its value: "the OU should be Demos".
#[must_use]
pub fn is_link(word: &str) -> bool {
    among(LINKS, word)
}

/// Whether a word says what something is.
#[must_use]
pub fn is_being(word: &str) -> bool {
    matches!(word, "am" | "are" | "is" | "its" | "thats")
}

/// Words by which people ask for something, whatever it is.
#[must_use]
pub fn is_asking(word: &str) -> bool {
    among(ASKING, word)
}

/// Whether an answer in free words says nothing: a yes or no, no letters at all, a short
/// question back, or that nobody knows.
#[must_use]
pub fn says_nothing(text: &str) -> bool {
    let words = super::words::cut(text);
    let first = words.iter().map(|word| word.text.as_str()).find(|word| !is_filler(word)).unwrap_or_default();
    let asks_back = text.trim_end().ends_with('?') && among(QUESTIONS, first);
    let no_idea = words.iter().all(|word| among(NO_ANSWER, &word.text) || is_filler(&word.text));
    !text.chars().any(char::is_alphabetic) || is_yes(&words) || is_no(&words) || asks_back || no_idea
}

/// Whether a person wants to begin again: "start over".
#[must_use]
pub fn is_anew(words: &[Word]) -> bool {
    let is = |list: &'static str| move |word: &Word| among(list, &word.text);
    let (begins, again) = (is("start begin restart"), is("over again anew afresh restart"));
    let beside =
        |word: &Word| is_filler(&word.text) || among("lets no sorry actually want like can from scratch", &word.text);
    words.iter().any(begins)
        && words.iter().any(again)
        && words.iter().all(|word| begins(word) || again(word) || beside(word))
}

/// Whether a text without words agrees: a thumb or a tick, also as Slack writes it.
#[must_use]
pub fn is_thumb_up(text: &str) -> bool {
    let text = text.trim();
    let slack = [":+1:", ":thumbsup:", ":white_check_mark:", ":ok_hand:"];
    slack.iter().any(|name| text.starts_with(name)) && !text.contains(char::is_whitespace)
        || (text.starts_with(['\u{1f44d}', '\u{2705}', '\u{1f44c}', '\u{2714}'])
            && !text.chars().any(char::is_alphanumeric))
}

/// Whether a whole answer means yes. Anything it does not fully understand is no yes.
#[must_use]
pub fn is_yes(words: &[Word]) -> bool {
    says(words, YES, BESIDE_YES)
}

/// Whether a whole answer means no, and nothing more.
#[must_use]
pub fn is_no(words: &[Word]) -> bool {
    says(words, NO, BESIDE_NO)
}

fn says(words: &[Word], core: &str, beside: &str) -> bool {
    let is_core = |word: &Word| among(core, &word.text);
    words.iter().any(is_core)
        && words.iter().all(|word| is_core(word) || is_filler(&word.text) || among(beside, &word.text))
}

#[cfg(test)]
mod tests {
    use super::super::words::cut;
    use super::*;

    #[test]
    fn only_a_plain_yes_is_a_yes() {
        for yes in [
            "yes",
            "Yep!",
            "y",
            "sure, go ahead",
            "yes please",
            "ok",
            "That's right.",
            "looks good",
            "Yes, send it",
            "please do",
        ] {
            assert!(is_yes(&cut(yes)), "{yes}");
        }
        for other in
            ["", "no", "yes but change the OU", "not right", "yes, Production", "please", "nope", "ok?? whatever"]
        {
            assert!(!is_yes(&cut(other)), "{other}");
        }
    }

    #[test]
    fn only_a_plain_no_is_a_no() {
        for no in ["no", "Nope", "no thanks", "n", "no, that's wrong", "not yet", "nah", "don't send it"] {
            assert!(is_no(&cut(no)), "{no}");
        }
        for other in ["no, Production", "yes", "wrong", "nothing", "note"] {
            assert!(!is_no(&cut(other)), "{other}");
        }
    }
}
