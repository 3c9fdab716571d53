//! Reads the tree section by section and collects faults instead of stopping at
//! the first: unknown keys, empty values, things of the wrong kind. It must not
//! know what an account is.

use std::fmt;

use serde::Serialize;

use crate::domain::text::shortened;
use crate::domain::yaml::{Key, Node, Scalar, Value};

/// One thing wrong in the file; shown on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where, like `deployments[1].stages[2].region`, below `cdk_app_config`.
    pub path: String,
    /// From 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.path, self.sentence)
    }
}

/// A single value with where it stands.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    pub path: String,
    pub line: u64,
    pub text: &'a str,
    pub plain: bool,
}

/// The entries of a map.
#[derive(Debug)]
pub struct Section<'a> {
    pub path: String,
    pub line: u64,
    entries: &'a [(Key, Node)],
}

impl<'a> Section<'a> {
    /// The path of one of its keys.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Whether the key stands there, with or without a value.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(found, _)| found.name == key)
    }

    /// The key's line and value; `None` too when it has no value, which was told already.
    pub fn get(&self, key: &str) -> Option<(u64, &'a Node)> {
        let found = self.entries.iter().find(|(found, _)| found.name == key)?;
        (!matches!(found.1.value, Value::Nothing)).then_some((found.0.line, &found.1))
    }
}

/// Collects faults while values are read.
#[derive(Debug, Default)]
pub struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    /// Notes a fault; `sentence` says what to do.
    pub fn fault(&mut self, path: impl Into<String>, line: u64, sentence: impl Into<String>) {
        self.faults.push(Fault { path: path.into(), line, sentence: sentence.into() });
    }

    /// Notes a fault of a value that was found.
    pub fn wrong(&mut self, found: &Found<'_>, sentence: impl Into<String>) {
        self.fault(found.path.clone(), found.line, sentence);
    }

    /// Every fault, by line; those of one line in the order they were found.
    pub fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }

    /// Reads a map and names every key that is not known or has no value.
    pub fn section<'a>(&mut self, node: &'a Node, at: (&str, u64), known: &[&str]) -> Section<'a> {
        let (path, line) = at;
        let section = |entries| Section { path: path.to_owned(), line, entries };
        let Value::Map(entries) = &node.value else {
            let place = if path.is_empty() { "the file" } else { path };
            self.fault(place, line, format!("must be made of `key: value` lines with {}.", known.join(", ")));
            return section(&[]);
        };
        let section = section(entries);
        for (key, node) in entries {
            let path = section.path_of(&shortened(&key.name, 40));
            if !known.contains(&key.name.as_str()) {
                let hint = nearest(&key.name, known).map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
                self.fault(path, key.line, format!("this key is not known.{hint} Known: {}.", known.join(", ")));
            } else if matches!(node.value, Value::Nothing) {
                self.fault(path, key.line, "has no value (null). Give one, or remove the line.");
            }
        }
        section
    }

    /// Reads a map below a key, if the key is there.
    pub fn below<'a>(&mut self, section: &Section<'a>, key: &str, known: &[&str]) -> Option<Section<'a>> {
        let (line, node) = section.get(key)?;
        Some(self.section(node, (&section.path_of(key), line), known))
    }

    /// Reads the items of a list below a key, each with its path.
    pub fn items<'a>(&mut self, section: &Section<'a>, key: &str) -> Vec<(String, &'a Node)> {
        let Some((line, node)) = section.get(key) else { return Vec::new() };
        let path = section.path_of(key);
        let Value::List(items) = &node.value else {
            self.fault(path, line, "must be a list: begin each entry with `- `.");
            return Vec::new();
        };
        items.iter().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
    }

    /// Reads one value, if the key is there.
    pub fn text<'a>(&mut self, section: &Section<'a>, key: &str) -> Option<Found<'a>> {
        let (line, node) = section.get(key)?;
        let path = section.path_of(key);
        match &node.value {
            Value::Scalar(Scalar { text, plain }) if !text.trim().is_empty() => {
                Some(Found { path, line, text: text.trim(), plain: *plain })
            }
            Value::Scalar(_) => {
                self.fault(path, line, "is empty. Give a value, or remove the line.");
                None
            }
            _ => {
                self.fault(path, line, "must be a single value.");
                None
            }
        }
    }

    /// Reads one value that must be there.
    pub fn needed<'a>(&mut self, section: &Section<'a>, key: &str, add: &str) -> Option<Found<'a>> {
        if !section.has(key) {
            self.fault(section.path_of(key), section.line, format!("is missing. Add {add}."));
        }
        self.text(section, key)
    }

    /// Reads `true` or `false`.
    pub fn flag(&mut self, section: &Section<'_>, key: &str, default: bool) -> bool {
        let Some(found) = self.text(section, key) else { return default };
        match found.text {
            "true" | "True" | "TRUE" if found.plain => true,
            "false" | "False" | "FALSE" if found.plain => false,
            other => {
                let other = shortened(other, 40);
                self.wrong(&found, format!("is `{other}`. Write true or false, without quotes."));
                default
            }
        }
    }
}

/// The known word closest to what was written, if one is close.
fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(written, name);
    known.iter().copied().filter(|name| distance(name) <= 3).min_by_key(|name| distance(name))
}
