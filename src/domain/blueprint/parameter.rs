//! One blueprint parameter: its type, where its value comes from, and the
//! rules a value must pass, each with a sentence for the person who gave it.

use std::collections::BTreeMap;
use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::network;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An IPv4 range; `min` and `max` bound the prefix length.
    Cidr,
    /// A whole number; `min` and `max` bound it.
    Int,
    /// Text; `min` and `max` bound its length in characters.
    String,
    /// `true` or `false`.
    Bool,
    /// Values separated by commas; `min` and `max` bound how many,
    /// `pattern` and `allowed` hold for each.
    List,
}

/// Where a value comes from when nobody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The installation's configuration, [`Parameter::config_key`].
    Config,
    /// An allocator that never hands out one value twice.
    Allocator,
}

/// A pattern that keeps the text it was written in.
#[derive(Debug, Clone)]
pub struct Pattern(pub Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// The template's name for a parameter: `CloudFormation` takes letters and digits
/// only, so `cidr_block` is `CidrBlock` there.
pub(super) fn template_name(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('_').map(capital).collect()
}

/// One parameter of a blueprint.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name people and programs use.
    pub name: String,
    /// What a value is.
    pub kind: Kind,
    /// One sentence: what it is for.
    pub description: String,
    /// Used when nothing else gives a value.
    pub default: Option<String>,
    /// Whether the form and the conversation ask for it.
    pub ask: bool,
    /// Where it comes from when nobody is asked. A configured value may fall back
    /// to the default; an allocated one never does: it would be the same for all.
    pub source: Option<Source>,
    /// The allocator's pool.
    pub pool: Option<String>,
    /// The prefix length the allocator hands out.
    pub prefix: Option<u8>,
    /// What the whole value (or each item) looks like.
    pub pattern: Option<Pattern>,
    /// The only values (or items) there are; empty for no such rule.
    pub allowed: Vec<String>,
    /// Lower bound; see [`Kind`].
    pub min: Option<i64>,
    /// Upper bound; see [`Kind`].
    pub max: Option<i64>,
    /// For a range: the parameter whose range it is added to.
    pub secondary_of: Option<String>,
    /// Whether the template takes it. A parameter that only says where the
    /// stack is made, like `region`, is not in the template.
    pub in_template: bool,
}

impl Parameter {
    /// Whether a person may give a value; a range of their own is held against everybody else's.
    #[must_use]
    pub fn may_be_given(&self) -> bool {
        self.ask || self.source != Some(Source::Config)
    }

    /// What a person gave for it; blanks count as nothing.
    #[must_use]
    pub fn given_in<'a>(&self, given: &'a BTreeMap<String, String>) -> Option<&'a str> {
        given.get(&self.name).filter(|_| self.may_be_given()).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// Whether it is a range of the account's own network, which no other account may share.
    #[must_use]
    pub fn is_own_range(&self) -> bool {
        self.kind == Kind::Cidr && (self.source == Some(Source::Allocator) || self.secondary_of.is_some())
    }

    /// The configuration key an administrator sets for [`Source::Config`].
    #[must_use]
    pub fn config_key(&self) -> String {
        format!("blueprints.values.{}", self.name)
    }

    /// The template's name for it.
    #[must_use]
    pub fn template_name(&self) -> String {
        template_name(&self.name)
    }

    /// Reads a value: the normal form to store, or a sentence that says what is wrong.
    ///
    /// # Errors
    /// A sentence for the person who gave the value.
    pub fn read(&self, text: &str) -> Result<String, String> {
        let text = text.trim();
        match self.kind {
            Kind::Cidr => network::read(text, self.prefix_bounds()).map(|net| net.to_string()),
            Kind::Int => self.read_int(text),
            Kind::Bool => {
                read_bool(text).map(|b| b.to_string()).ok_or_else(|| format!("`{text}` is neither yes nor no."))
            }
            Kind::String => self.read_string(text),
            Kind::List => self.read_list(text),
        }
    }

    /// The prefix lengths a range may have; AWS takes /16 to /28 for a VPC.
    fn prefix_bounds(&self) -> (u8, u8) {
        let bound = |given: Option<i64>, usual: u8| given.and_then(|v| u8::try_from(v).ok()).unwrap_or(usual);
        (bound(self.min, network::VPC_LARGEST), bound(self.max, network::VPC_SMALLEST))
    }

    fn read_int(&self, text: &str) -> Result<String, String> {
        let number: i64 = text.parse().map_err(|_| format!("`{text}` is not a whole number."))?;
        if self.min.is_some_and(|min| number < min) || self.max.is_some_and(|max| number > max) {
            return Err(format!("{number} is out of range: give {}.", Bounds(self.min, self.max, "")));
        }
        let text = number.to_string();
        self.must_be_allowed(&text)?;
        Ok(text)
    }

    fn read_string(&self, text: &str) -> Result<String, String> {
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if text.is_empty() && self.min.is_none_or(|min| min > 0) {
            return Err("Give a value.".to_owned());
        }
        if self.min.is_some_and(|min| length < min) || self.max.is_some_and(|max| length > max) {
            return Err(format!("`{text}`: give {}, not {length}.", Bounds(self.min, self.max, " characters")));
        }
        self.must_match(text)?;
        Ok(text.to_owned())
    }

    fn read_list(&self, text: &str) -> Result<String, String> {
        let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if count < self.min.unwrap_or(1) || self.max.is_some_and(|max| count > max) {
            let bounds = Bounds(Some(self.min.unwrap_or(1)), self.max, " values, separated by commas");
            return Err(format!("`{text}`: give {bounds}, not {count}."));
        }
        for (place, item) in items.iter().enumerate() {
            self.must_match(item)?;
            if items[..place].contains(item) {
                return Err(format!("`{item}` is in the list twice: give each value once."));
            }
        }
        Ok(items.join(","))
    }

    fn must_match(&self, text: &str) -> Result<(), String> {
        self.must_be_allowed(text)?;
        match &self.pattern {
            Some(Pattern(regex)) if !regex.is_match(text) => {
                Err(format!("`{text}` does not have the right form: {}", self.description))
            }
            _ => Ok(()),
        }
    }

    fn must_be_allowed(&self, text: &str) -> Result<(), String> {
        if self.allowed.is_empty() || self.allowed.iter().any(|a| a == text) {
            return Ok(());
        }
        Err(format!("`{text}` is not among the choices: {}.", self.allowed.join(", ")))
    }
}

/// Reads the ways people write yes and no.
fn read_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" => Some(true),
        "false" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// `2 to 3`, `at least 2`, `at most 3`, followed by a unit.
struct Bounds<'a>(Option<i64>, Option<i64>, &'a str);

impl fmt::Display for Bounds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.2;
        match (self.0, self.1) {
            (Some(min), Some(max)) if min == max => write!(f, "exactly {min}{unit}"),
            (Some(min), Some(max)) => write!(f, "{min} to {max}{unit}"),
            (Some(min), None) => write!(f, "at least {min}{unit}"),
            (None, Some(max)) => write!(f, "at most {max}{unit}"),
            (None, None) => write!(f, "any number of{unit}"),
        }
    }
}

#[cfg(test)]
impl Parameter {
    /// One that is asked and takes every value of its kind.
    pub(crate) fn asked(name: &str, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            description: String::new(),
            default: None,
            ask: true,
            source: None,
            pool: None,
            prefix: None,
            pattern: None,
            allowed: vec![],
            min: None,
            max: None,
            secondary_of: None,
            in_template: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(kind: Kind) -> Parameter {
        Parameter { description: "Looks like abc-1.".into(), ..Parameter::asked("some_name", kind) }
    }

    #[test]
    fn a_number_is_bounded_and_may_have_to_be_one_of_few() {
        let two_or_three = Parameter { allowed: vec!["2".into(), "3".into()], ..parameter(Kind::Int) };
        assert_eq!(two_or_three.read(" 3 "), Ok("3".into()));
        assert_eq!(two_or_three.read("4").unwrap_err(), "`4` is not among the choices: 2, 3.");
        assert_eq!(two_or_three.read("three").unwrap_err(), "`three` is not a whole number.");
        let bounded = Parameter { min: Some(1), max: Some(9), ..parameter(Kind::Int) };
        assert_eq!(bounded.read("10").unwrap_err(), "10 is out of range: give 1 to 9.");
    }

    #[test]
    fn yes_and_no_are_read_in_the_ways_people_write_them() {
        assert_eq!(parameter(Kind::Bool).read("Yes"), Ok("true".into()));
        assert_eq!(parameter(Kind::Bool).read("off"), Ok("false".into()));
        assert!(parameter(Kind::Bool).read("maybe").is_err());
    }

    #[test]
    fn text_is_bounded_in_length_and_form() {
        let pattern = Some(Pattern(Regex::new("^[a-z]+-[0-9]$").unwrap()));
        let text = Parameter { pattern, max: Some(6), ..parameter(Kind::String) };
        assert_eq!(text.read("abc-1"), Ok("abc-1".into()));
        assert_eq!(text.read("abc").unwrap_err(), "`abc` does not have the right form: Looks like abc-1.");
        assert_eq!(text.read("abcdef-1").unwrap_err(), "`abcdef-1`: give at most 6 characters, not 8.");
        assert_eq!(text.read("  ").unwrap_err(), "Give a value.");
    }

    #[test]
    fn a_list_is_counted_and_has_no_value_twice() {
        let list = Parameter { min: Some(2), max: Some(3), ..parameter(Kind::List) };
        assert_eq!(list.read("a, b"), Ok("a,b".into()));
        assert_eq!(list.read("a,a").unwrap_err(), "`a` is in the list twice: give each value once.");
        assert_eq!(list.read("a").unwrap_err(), "`a`: give 2 to 3 values, separated by commas, not 1.");
    }

    #[test]
    fn the_template_name_has_letters_and_digits_only() {
        assert_eq!(parameter(Kind::Int).template_name(), "SomeName");
        assert_eq!(Parameter { name: "VpcCidr".into(), ..parameter(Kind::Cidr) }.template_name(), "VpcCidr");
    }
}
