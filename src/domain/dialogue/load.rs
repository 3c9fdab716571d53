//! From YAML to a [`Bot`]: the manifest's shape as written, with the line of every
//! part, and the step that keeps only what is sound. The rules are in `faults`.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::bot::{Bot, Confirmation, Intent, Part, Slot, SlotType, SlotValue, Strategy, Utterance};
use super::words::{phrase, stem};
use super::{english, faults};

const WHOLE_WORD_OPENS: &str = "(?i)^(?:";
const WHOLE_WORD_CLOSES: &str = ")$";

/// A text and where it stands.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBot {
    pub(super) name: Text,
    pub(super) locale: Text,
    pub(super) idle_session_seconds: Spanned<u32>,
    pub(super) max_attempts: Spanned<u32>,
    pub(super) intents: Vec<RawIntent>,
    #[serde(default)]
    pub(super) slot_types: Vec<RawSlotType>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIntent {
    pub(super) name: Text,
    pub(super) parent: Option<Text>,
    #[serde(default)]
    pub(super) utterances: Vec<Text>,
    #[serde(default)]
    pub(super) slots: Vec<RawSlot>,
    pub(super) confirmation: Option<RawConfirmation>,
    pub(super) response: Option<Text>,
    pub(super) gave_up: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSlot {
    pub(super) name: Text,
    #[serde(rename = "type")]
    pub(super) slot_type: Text,
    #[serde(default = "yes")]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) names: Vec<String>,
    pub(super) prompt: Option<Text>,
    pub(super) retry: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfirmation {
    pub(super) prompt: Text,
    pub(super) retry: Text,
    pub(super) declined: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSlotType {
    pub(super) name: Text,
    pub(super) parent: Option<Text>,
    pub(super) strategy: Option<Strategy>,
    #[serde(default)]
    pub(super) values: Vec<RawValue>,
    pub(super) pattern: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawValue {
    pub(super) value: Text,
    #[serde(default)]
    pub(super) synonyms: Vec<Text>,
    #[serde(default)]
    pub(super) always: bool,
}

fn yes() -> bool {
    true
}

/// Reads a manifest; the faults name their line and what to do.
pub(super) fn parse(yaml: &str) -> Result<Bot, Vec<String>> {
    let raw: RawBot = serde_saphyr::from_str(yaml).map_err(|e| vec![unreadable(&e)])?;
    let faults = faults::of(&raw);
    if faults.is_empty() { Ok(bot(raw)) } else { Err(faults) }
}

fn unreadable(error: &serde_saphyr::Error) -> String {
    let line = error.location().map_or(0, |at| at.line());
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    format!("line {line}: {first}: correct the spelling or the indentation there")
}

fn bot(raw: RawBot) -> Bot {
    let slot_types = raw.slot_types.into_iter().map(slot_type).collect();
    let intents: Vec<Intent> = raw.intents.into_iter().map(intent).collect();
    Bot {
        name: raw.name.value,
        locale: raw.locale.value,
        idle_session_seconds: raw.idle_session_seconds.value,
        max_attempts: raw.max_attempts.value,
        weights: weights(&intents),
        intents,
        slot_types,
    }
}

fn slot_type(raw: RawSlotType) -> SlotType {
    let values = raw.values.into_iter().map(|raw| SlotValue {
        value: raw.value.value,
        synonyms: raw.synonyms.into_iter().map(|text| text.value).collect(),
        always: raw.always,
    });
    SlotType {
        name: raw.name.value,
        strategy: raw.strategy.unwrap_or(Strategy::OriginalValue),
        values: values.collect(),
        pattern: raw.pattern.and_then(|text| whole_word(&text.value).ok()),
    }
}

/// The pattern as a regex over one whole chunk of text, without regard to case.
pub(super) fn whole_word(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("{WHOLE_WORD_OPENS}{pattern}{WHOLE_WORD_CLOSES}"))
}

/// The pattern a [`whole_word`] was made of.
pub(super) fn as_written(regex: &Regex) -> Option<&str> {
    regex.as_str().strip_prefix(WHOLE_WORD_OPENS)?.strip_suffix(WHOLE_WORD_CLOSES)
}

fn intent(raw: RawIntent) -> Intent {
    let utterances: Vec<Utterance> = raw.utterances.into_iter().map(|text| utterance(text.value)).collect();
    let slots = raw.slots.into_iter().map(|raw| slot(raw, &utterances)).collect();
    let confirmation = raw.confirmation.map(|raw| Confirmation {
        prompt: raw.prompt.value,
        retry: raw.retry.value,
        declined: raw.declined.value,
    });
    Intent {
        name: raw.name.value,
        fallback: raw.parent.is_some(),
        slots,
        utterances,
        confirmation,
        response: raw.response.map(|text| text.value),
        gave_up: raw.gave_up.map(|text| text.value),
    }
}

fn slot(raw: RawSlot, utterances: &[Utterance]) -> Slot {
    let mut names: Vec<Vec<String>> =
        raw.names.iter().map(|name| phrase(name)).filter(|name| !name.is_empty()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let name = raw.name.value;
    let prompt = raw.prompt.map_or_else(|| format!("What should {name} be?"), |text| text.value);
    let (before, after) = cues(&name, utterances);
    Slot {
        slot_type: raw.slot_type.value,
        required: raw.required,
        names,
        retry: raw.retry.map_or_else(|| prompt.clone(), |text| text.value),
        prompt,
        before,
        after,
        name,
    }
}

/// The words that stand right before and right after a slot's place; articles do not count.
fn cues(slot: &str, utterances: &[Utterance]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    for utterance in utterances {
        let words: Vec<&Part> = utterance.parts.iter().filter(|part| !is_article(part)).collect();
        for (at, _) in words.iter().enumerate().filter(|(_, part)| matches!(part, Part::Slot(name) if name == slot)) {
            before.extend(cue_before(&words[..at]));
            after.extend(literal(words.get(at + 1)));
        }
    }
    (before, after)
}

/// The last word before a slot's place; "to" says too little without the word before it.
fn cue_before(words: &[&Part]) -> Option<String> {
    let last = literal(words.last())?;
    if last != "to" {
        return Some(last);
    }
    let (_, earlier) = words.split_last()?;
    Some(format!("{} {last}", literal(earlier.last())?))
}

fn is_article(part: &Part) -> bool {
    matches!(part, Part::Word(word) if english::is_article(word))
}

fn literal(part: Option<&&Part>) -> Option<String> {
    match part {
        Some(Part::Word(word)) => Some(word.clone()),
        _ => None,
    }
}

/// Cuts an utterance into words and slot places. Braces are balanced: `faults` saw to it.
pub(super) fn utterance(text: String) -> Utterance {
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    while let Some((words, (name, behind))) = rest.split_once('{').and_then(|(a, b)| Some((a, b.split_once('}')?))) {
        parts.extend(phrase(words).into_iter().map(Part::Word));
        parts.push(Part::Slot(name.trim().to_owned()));
        rest = behind;
    }
    parts.extend(phrase(rest).into_iter().map(Part::Word));
    Utterance { text, parts }
}

fn weights(intents: &[Intent]) -> BTreeMap<String, f64> {
    let mut users: BTreeMap<String, f64> = BTreeMap::new();
    for intent in intents {
        let parts = intent.utterances.iter().flat_map(|utterance| &utterance.parts);
        let words: BTreeSet<&str> =
            parts.filter_map(|part| if let Part::Word(w) = part { Some(stem(w)) } else { None }).collect();
        for word in words {
            *users.entry(word.to_owned()).or_default() += 1.0;
        }
    }
    users.into_iter().map(|(word, n)| (word, 1.0 / n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialogue::bot::SHIPPED;

    /// The faults of the shipped manifest after one change.
    fn faults_after(old: &str, new: &str) -> Vec<String> {
        assert!(SHIPPED.contains(old), "`{old}` is not in the manifest any more");
        parse(&SHIPPED.replacen(old, new, 1)).map(|bot| bot.name).expect_err("a fault")
    }

    fn line_of(text: &str) -> usize {
        1 + SHIPPED.lines().position(|line| line.contains(text)).unwrap()
    }

    #[test]
    fn the_shipped_manifest_is_sound() {
        let bot = parse(SHIPPED).unwrap();
        assert_eq!((bot.idle_session_seconds, bot.max_attempts, bot.locale.as_str()), (600, 4, "en_US"));
        let asked = bot.intent("RequestAccount").unwrap().slots.iter().filter(|slot| slot.required);
        let names: Vec<&str> = asked.map(|slot| slot.name.as_str()).collect();
        assert_eq!(names, ["AccountType", "RootEmail", "AccountOU", "Blueprint", "Purpose"]);
    }

    #[test]
    fn a_fault_names_its_line_and_what_to_do() {
        for (old, new, at, fault) in [
            (
                "type: AccountTypeValues",
                "type: AccountTypeValue",
                "type: AccountTypeValues",
                "slot type AccountTypeValue is unknown: define it under slot_types, or did you mean AccountTypeValues?",
            ),
            (
                "account in {AccountOU}",
                "account in {AccountOu}",
                "account in {AccountOU}",
                "intent RequestAccount has no slot AccountOu: define it, or did you mean AccountOU?",
            ),
            (
                "in {AccountOU} with the root",
                "in {Unit} with the root",
                "        Please check:",
                "intent RequestAccount has no slot Unit: define it",
            ),
            (
                "      - AWS account",
                "      - New AWS, account!",
                "      - AWS account",
                "utterance `New AWS, account!` stands in",
            ),
            ("      - usage", "      - STATUS!", "      - usage", "too (RequestStatus): keep one"),
            ("      - usage", "      - \"{\"", "      - usage", "utterance `{` has an open brace: write {Slot}"),
            (
                "  - name: Help",
                "  - name: Halp",
                "name: vend",
                "intent Help is missing: add it, the service answers it",
            ),
            (
                "    parent: AMAZON.FallbackIntent",
                "    utterances: [so what]",
                "name: vend",
                "exactly one intent, FallbackIntent, must have the parent AMAZON.FallbackIntent",
            ),
            (
                "        retry: \"That does",
                "        prompt2: \"That does",
                "        retry: \"That does",
                "unknown field",
            ),
            ("[prod, live,", "[prod, dev, live,", "synonyms: [dev,", "value or synonym `dev` stands in"),
            ("pattern: \"req-", "pattern: \"(req-", "pattern: \"req-", "is not a regular expression: correct it"),
            (
                "idle_session_seconds: 600",
                "idle_session_seconds: 5",
                "idle_session_seconds",
                "idle_session_seconds must be 60 to 86400",
            ),
            ("locale: en_US", "locale: de_DE", "locale:", "locale de_DE is not understood: write en_US"),
        ] {
            let faults = faults_after(old, new);
            let line = format!("line {}: ", line_of(at));
            let told = faults.iter().any(|text| text.starts_with(&line) && text.contains(fault));
            assert!(told, "{line}… {fault}: {faults:#?}");
        }
    }

    #[test]
    fn a_slot_that_is_asked_for_needs_both_questions() {
        let retry = SHIPPED.lines().find(|line| line.contains("That does not look like")).unwrap();
        assert_eq!(faults_after(retry, "").len(), 1);
        assert!(faults_after(retry, "")[0].ends_with("slot RootEmail is asked for but has no retry: add one"));
    }

    #[test]
    fn all_faults_are_told_at_once_in_the_order_of_lines() {
        let broken =
            SHIPPED.replace("AMAZON.EmailAddress", "AMAZON.Mail").replace("max_attempts: 4", "max_attempts: 9");
        let faults = parse(&broken.replace("- commands", "- help")).unwrap_err();
        let lines: Vec<usize> =
            faults.iter().map(|fault| fault[5..fault.find(':').unwrap()].parse().unwrap()).collect();
        assert_eq!(lines.len(), 3, "{faults:#?}");
        assert!(lines.is_sorted(), "{faults:#?}");
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_line() {
        assert!(parse("name: [vend\n").unwrap_err()[0].starts_with("line "));
        assert!(parse("").is_err());
        assert!(parse("name: vend\nlocale: en_US\nfoo: 1\n").unwrap_err()[0].contains("line 3"));
    }
}
