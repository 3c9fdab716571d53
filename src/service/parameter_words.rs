//! Values of blueprint parameters in what people say: set by their name ("set project
//! to cards"), or as the answer to the question for one. Text alone; it knows no
//! conversation.

use std::collections::BTreeMap;

use regex::Regex;

use crate::domain::blueprint::{Kind, Parameter};
use crate::domain::dialogue::english::{is_filler, is_link, is_marker, is_no, is_small, is_yes};
use crate::domain::dialogue::words::{Word, cut, phrase};

/// A value as it is written in a sentence; several may be joined by commas.
const VALUE: &str = r#"["'`“]?(?P<value>[^\s"'`“”,;!?]+(?:,[^\s"'`“”,;!?]+)*)["'`”]?"#;
/// Words behind a name that are no value: "the project is wrong".
const NO_VALUES: [&str; 8] = ["not", "wrong", "incorrect", "missing", "what", "something", "ok", "fine"];
/// Words that begin what is said to the bot instead of answering it.
const TO_THE_BOT: [&str; 16] = [
    "help",
    "status",
    "what",
    "whats",
    "which",
    "who",
    "how",
    "why",
    "when",
    "where",
    "cancel",
    "stop",
    "quit",
    "exit",
    "abort",
    "nevermind",
];

/// The values a text sets by name, and what else it says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// As written, by the parameter's name.
    pub(super) values: BTreeMap<String, String>,
    /// The text without them.
    pub(super) rest: String,
}

impl Named {
    /// Whether the text says nothing but these values.
    pub(super) fn is_all(&self) -> bool {
        cut(&self.rest).iter().all(|word| is_small(&word.text) || is_link(&word.text))
    }
}

/// The values a text sets by name. Only in so many words: a parameter may be called
/// like any other word, as `project` is.
pub(super) fn named<'a>(text: &str, parameters: impl Iterator<Item = &'a Parameter>) -> Named {
    let mut named = Named { rest: text.to_owned(), ..Named::default() };
    for parameter in parameters {
        let Some((value, rest)) = set_in(&named.rest, &parameter.name) else { continue };
        named.values.insert(parameter.name.clone(), value);
        named.rest = rest;
    }
    named
}

/// The value a text gives a name, and the text without it.
fn set_in(text: &str, name: &str) -> Option<(String, String)> {
    let name = format!(r#"["'`]?{}["'`]?"#, regex::escape(name));
    let told = r"(?:set|change|make|switch|update|put)\s+(?:the\s+)?";
    let forms = [
        format!(r"(?:^|[\s,;(]){told}{name}(?:\s+from\s+\S+)?(?:\s*[=:]\s*|\s+(?:(?:to\s+be|to|as|be|is)\s+)?){VALUE}"),
        format!(r"(?:^|[\s,;(]){name}(?:\s*[=:]\s*|\s+(?:(?:should|shall|must)\s+be|to\s+be|is|to)\s+){VALUE}"),
        format!(r"^\s*{name}\s+{VALUE}\s*$"),
    ];
    forms.iter().find_map(|form| {
        let found = Regex::new(&format!("(?i){form}")).ok()?.captures(text)?;
        let (all, value) = (found.get(0)?, found.name("value")?);
        let said = value.as_str().trim_end_matches(['.', ':', ')']);
        let is_value = !said.is_empty() && !is_link(said) && !NO_VALUES.contains(&said.to_lowercase().as_str());
        is_value.then(|| (said.to_owned(), format!("{} {}", &text[..all.start()], &text[all.end()..])))
    })
}

/// The answer to the question for a parameter: the text, or the one value in it. An
/// answer may still be refused; `None` when the text is about something else.
pub(super) fn answer(parameter: &Parameter, text: &str) -> Option<String> {
    let words = cut(text);
    let whole = text.trim().trim_end_matches(['.', '!']);
    if words.first().is_some_and(|word| TO_THE_BOT.contains(&word.text.as_str())) || whole.ends_with('?') {
        return None;
    }
    let alone = !whole.contains(char::is_whitespace);
    let (yes, no) = (is_yes(&words), is_no(&words));
    if parameter.kind == Kind::Bool && (yes || no) {
        return Some(yes.to_string());
    }
    if alone || yes || no || (fits(parameter, whole) && !words.iter().any(corrects)) {
        return Some(whole.to_owned());
    }
    value_in(parameter, whole)
}

fn corrects(word: &Word) -> bool {
    is_marker(&word.text)
}

fn fits(parameter: &Parameter, text: &str) -> bool {
    parameter.read(text).is_ok()
}

/// The one piece of a sentence that fits. What can be any word must stand alone among
/// small words; a range or a number is known by its shape.
fn value_in(parameter: &Parameter, text: &str) -> Option<String> {
    let telling = parameter.kind == Kind::Cidr || parameter.kind == Kind::Int || !parameter.allowed.is_empty();
    let own_names = phrase(&parameter.name);
    let tells = |piece: &&str| {
        let words = phrase(piece);
        !words.iter().all(|word| is_small(word) || is_link(word) || is_filler(word) || own_names.contains(word))
    };
    let trim = |c: char| c.is_whitespace() || "\"'`“”,;:!?()<>".contains(c);
    let pieces = text.split_whitespace().map(|piece| piece.trim_matches(trim).trim_end_matches('.'));
    let pieces: Vec<&str> = pieces.filter(|piece| !piece.is_empty()).filter(tells).collect();
    let mut fitting = pieces.iter().filter(|piece| fits(parameter, piece));
    let (first, more) = (fitting.next()?, fitting.next());
    let sure = if telling { more.is_none() } else { pieces.len() == 1 && !cut(text).iter().any(corrects) };
    sure.then(|| (*first).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_set_by_name_only_in_so_many_words() {
        let studio = [Parameter::asked("WithStudio", Kind::Bool)];
        let value = |text| named(text, studio.iter()).values.remove("WithStudio");
        for text in [
            "WithStudio true",
            "set withstudio to true.",
            "no, WithStudio should be `true`!",
            "WithStudio=true",
            "please change the WithStudio from false to true",
            "make WithStudio true, please",
            "I want WithStudio to be true",
            "WithStudio is true",
        ] {
            assert_eq!(value(text).as_deref(), Some("true"), "{text}");
        }
        for text in ["yes", "WithStudio", "WithStudio is", "what is WithStudioX true", "WithStudio is wrong"] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn prose_sets_nothing_and_the_rest_of_a_text_is_kept() {
        let both = [Parameter::asked("project", Kind::String), Parameter::asked("environment", Kind::String)];
        let prose = "Our project scores cards in the staging environment nightly";
        assert_eq!(named(prose, both.iter()), Named { values: BTreeMap::new(), rest: prose.to_owned() });
        let two = named("set project to cards and environment=prod", both.iter());
        assert_eq!(two.values.into_values().collect::<Vec<_>>(), ["prod", "cards"]);
        let mixed = named("set project to cards and change the OU to Demos", both.iter());
        assert!(!mixed.is_all() && mixed.rest.contains("change the OU to Demos"), "{mixed:?}");
        assert!(named("actually, set the project to cards please", both.iter()).is_all());
    }

    #[test]
    fn the_answer_to_a_question_is_found_inside_the_sentence() {
        let range = Parameter::asked("VpcSecondaryCidr", Kind::Cidr);
        for text in ["10.1.0.0/16", "10.1.0.0/16 please", "Let's take `10.1.0.0/16`.", "it should be 10.1.0.0/16"] {
            assert_eq!(answer(&range, text).as_deref(), Some("10.1.0.0/16"), "{text}");
        }
        for text in ["help", "status", "what is mlops-eks", "change the OU to Experiment", "actually production"] {
            assert_eq!(answer(&range, text), None, "{text}");
        }
        assert_eq!(answer(&range, "yes").as_deref(), Some("yes"), "refused, and never taken for a yes to the whole");
        let word = Parameter::asked("project", Kind::String);
        assert_eq!(answer(&Parameter::asked("WithStudio", Kind::Bool), "yes please").as_deref(), Some("true"));
        assert_eq!(answer(&word, "cards").as_deref(), Some("cards"));
        assert_eq!(answer(&word, "change the OU to Demos"), None);
    }
}
