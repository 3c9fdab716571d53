//! Reading a manifest with every fault at once: a reader that collects faults
//! instead of stopping at the first. It must not know what a policy is.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::domain::text::one_line;
use crate::domain::yaml::{self, Key, Node, Scalar, Value};

/// The entries of a map of which all keys are known.
pub(super) struct Section<'a> {
    pub(super) line: u64,
    entries: &'a [(Key, Node)],
}

impl<'a> Section<'a> {
    /// The value of a key; `None` too when the key stands there without a value.
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        let found = self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node);
        found.filter(|node| !matches!(node.value, Value::Nothing))
    }

    /// The line of a key, or the section's own.
    pub(super) fn line_of(&self, name: &str) -> u64 {
        self.entries.iter().find(|(key, _)| key.name == name).map_or(self.line, |(key, _)| key.line)
    }
}

/// Collects faults while values are read.
#[derive(Debug, Default)]
pub(super) struct Reader {
    faults: Vec<(u64, String)>,
}

impl Reader {
    /// Notes a fault; `text` says what to do.
    pub(super) fn fault(&mut self, line: u64, text: impl AsRef<str>) {
        self.faults.push((line, format!("line {line}: {}", one_line(text.as_ref()))));
    }

    /// Every fault, by line.
    pub(super) fn into_faults(mut self) -> Vec<String> {
        self.faults.sort_by_key(|(line, _)| *line);
        self.faults.into_iter().map(|(_, text)| text).collect()
    }

    /// Parses the text; a fault when it is no YAML.
    pub(super) fn document(&mut self, yaml: &str) -> Option<Node> {
        match yaml::parse(yaml) {
            Ok(node) => Some(node),
            Err((line, said)) => {
                self.fault(
                    line,
                    format!("this cannot be read as YAML ({said}). Check indentation, quotes and colons."),
                );
                None
            }
        }
    }

    /// Reads a map and names every key that is not known.
    pub(super) fn section<'a>(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Section<'a> {
        let Value::Map(entries) = &node.value else {
            self.fault(node.line, format!("{what} must be made of `key: value` lines with {}.", known.join(", ")));
            return Section { line: node.line, entries: &[] };
        };
        for (key, node) in entries {
            if !known.contains(&key.name.as_str()) {
                let hint = nearest(&key.name, known).map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
                self.fault(key.line, format!("{} is no key of {what}.{hint} Known: {}.", key.name, known.join(", ")));
            } else if matches!(node.value, Value::Nothing) {
                self.fault(key.line, format!("{} has no value. Give one, or remove the line.", key.name));
            }
        }
        Section { line: node.line, entries }
    }

    /// Reads a list's items; a single value counts as a list of one.
    pub(super) fn items<'a>(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        if items.is_empty() {
            self.fault(node.line, format!("{what} is empty. Add an entry, or remove the line."));
        }
        items
    }

    /// Reads one word or line of text.
    pub(super) fn text<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        match &node.value {
            Value::Scalar(Scalar { text, .. }) if !text.trim().is_empty() => Some(text.trim()),
            _ => {
                self.fault(node.line, format!("{what} must be a single value, not empty."));
                None
            }
        }
    }

    /// Reads every text of a list through `read`, which answers a fault or the value.
    pub(super) fn texts<T>(&mut self, node: &Node, what: &str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let mut good = Vec::new();
        for item in self.items(node, what) {
            let Some(text) = self.text(item, &format!("an entry of {what}")) else { continue };
            match read(text) {
                Ok(value) => good.push(value),
                Err(fault) => self.fault(item.line, format!("{what}: {fault}")),
            }
        }
        good
    }

    /// Reads a whole number within `range`.
    pub(super) fn number(&mut self, node: &Node, what: &str, range: &RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(node, what)?;
        let number = text.parse().ok().filter(|n| range.contains(n));
        if number.is_none() {
            self.fault(node.line, format!("{what} must be a whole number from {} to {}.", range.start(), range.end()));
        }
        number
    }

    /// Reads a duration like `48h`.
    pub(super) fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?;
        match duration(text) {
            Ok(duration) => Some(duration),
            Err(fault) => {
                self.fault(node.line, format!("{what}: {fault}"));
                None
            }
        }
    }
}

/// The known word closest to what was written, if one is close.
fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = |name: &&&str| strsim::damerau_levenshtein(written, name) <= 3;
    known.iter().filter(near).min_by_key(|name| strsim::damerau_levenshtein(written, name)).copied()
}

/// The longest duration a policy may name: a year.
const LONGEST: u64 = 365 * 24 * 3600;

/// Reads `90s`, `30m`, `48h`, `2d` or several together, `1d12h`; from 1 second to a year.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time from 1s to 365d. Write it like 48h, 30m or 1d12h.");
    let mut seconds = 0_u64;
    let mut digits = String::new();
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 24 * 3600,
            _ => return Err(wrong()),
        };
        let count: u64 = std::mem::take(&mut digits).parse().map_err(|_| wrong())?;
        seconds = count.checked_mul(unit).and_then(|s| s.checked_add(seconds)).ok_or_else(wrong)?;
    }
    if digits.is_empty() && (1..=LONGEST).contains(&seconds) { Ok(Duration::from_secs(seconds)) } else { Err(wrong()) }
}
