//! What values a slot type has right now: the manifest's, or live ones the
//! application offers (organizational units, the blueprint catalogue).

use std::collections::BTreeMap;

use super::bot::SlotType;
use super::words::phrase;

/// Live values by slot type name; a type without an entry has the manifest's values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    live: BTreeMap<String, Vec<String>>,
}

/// One value and the phrases that mean it, as lower-case words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The canonical value.
    pub value: String,
    /// Its own words first, then its synonyms'.
    pub phrases: Vec<Vec<String>>,
    /// Offered even when live values replace the list, like `none`: a word that says so little
    /// by itself that it counts only where it is asked for or the slot is named.
    pub always: bool,
}

impl Vocabulary {
    /// Replaces the values of a slot type. Synonyms in the manifest still lead to them.
    pub fn offer(&mut self, slot_type: &str, values: Vec<String>) {
        self.live.insert(slot_type.to_owned(), values);
    }

    /// Whether a slot type has this value, in this spelling.
    #[must_use]
    pub fn lists(&self, slot_type: &SlotType, value: &str) -> bool {
        self.values(slot_type).iter().any(|known| *known == value)
    }

    /// The values of a slot type in the order offered, with every phrase for each.
    #[must_use]
    pub fn choices(&self, slot_type: &SlotType) -> Vec<Choice> {
        self.values(slot_type)
            .into_iter()
            .map(|value| {
                let known = slot_type.values.iter().find(|known| known.value.eq_ignore_ascii_case(&value));
                let synonyms = known.map_or(&[][..], |known| &known.synonyms);
                let phrases = std::iter::once(&value).chain(synonyms).map(|text| phrase(text));
                let always = known.is_some_and(|known| known.always);
                Choice { phrases: phrases.filter(|words| !words.is_empty()).collect(), value, always }
            })
            .collect()
    }

    fn values(&self, slot_type: &SlotType) -> Vec<String> {
        let shipped = slot_type.values.iter();
        let Some(live) = self.live.get(&slot_type.name) else {
            return shipped.map(|known| known.value.clone()).collect();
        };
        let always = shipped.filter(|known| known.always && !live.contains(&known.value));
        live.iter().cloned().chain(always.map(|known| known.value.clone())).collect()
    }
}
