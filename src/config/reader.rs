//! Typed reads of given values: every read marks its key as known, falls back
//! to the default, and notes faults instead of stopping at the first.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Parameters;
use super::fault::{ConfigFaults, Source};
use super::keys::{self, KEYS, Kind};
use super::secret::{REDACTED, Secret};
use super::source::{Environment, Given, Leaf, Values, is_below};

/// A value in force, for `vend config show`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    /// The key.
    pub key: String,
    /// The value as text; `***` for a secret; `None` when not set.
    pub value: Option<String>,
    /// Where it was given.
    pub source: String,
}

/// Turns text into a value or says what it should have been.
pub(super) type Parse<'p, T> = &'p dyn Fn(&str) -> Result<T, String>;

/// Reads values by key.
pub(super) struct Reader {
    values: Values,
    env: Environment,
    parameters: Parameters,
    known: BTreeSet<String>,
    pub(super) faults: ConfigFaults,
    pub(super) shown: Vec<Shown>,
}

impl Reader {
    pub(super) fn new(values: Values, env: Environment, parameters: Parameters, faults: ConfigFaults) -> Self {
        Self { values, env, parameters, known: BTreeSet::new(), faults, shown: Vec::new() }
    }

    /// A value that has a default.
    pub(super) fn value<T>(&mut self, key: &str, parse: Parse<'_, T>) -> T {
        let default = keys::find(key).and_then(|known| known.default).unwrap_or_default();
        self.value_or(key, default, parse)
    }

    /// A value whose default depends on another key.
    #[expect(clippy::expect_used, reason = "defaults are constants; reading an empty configuration is a test")]
    pub(super) fn value_or<T>(&mut self, key: &str, default: &str, parse: Parse<'_, T>) -> T {
        self.given(key, Some(default), parse).unwrap_or_else(|| parse(default).expect("the default parses"))
    }

    /// A value that may be absent.
    pub(super) fn optional<T>(&mut self, key: &str, parse: Parse<'_, T>) -> Option<T> {
        self.given(key, None, parse)
    }

    /// The value when it was given and is good; notes what is shown.
    fn given<T>(&mut self, key: &str, default: Option<&str>, parse: Parse<'_, T>) -> Option<T> {
        let Some(given) = self.take(key) else {
            self.show(key, default, &Source::Default.to_string());
            return None;
        };
        let text = self.one(key, &given)?;
        self.show(key, Some(&text), &given.source.to_string());
        parse(&text).map_err(|wanted| self.refuse(key, &given.source, &text, &wanted)).ok()
    }

    /// A secret, literal or by reference.
    pub(super) fn secret(&mut self, key: &str, parse: Parse<'_, ()>) -> Option<Secret> {
        let Some(given) = self.take(key) else {
            self.show(key, None, &Source::Default.to_string());
            return None;
        };
        let text = self.one(key, &given)?;
        let (source, reference) = (given.source.to_string(), is_reference(&text).then_some(text.as_str()));
        self.show(key, Some(REDACTED), &reference.map_or(source.clone(), |name| format!("{source}, {name}")));
        let checked = self.follow(&text)?.and_then(|secret| parse(&secret).map(|()| Secret::new(secret)));
        checked.map_err(|text| self.faults.add(given.source, key, text)).ok()
    }

    /// Follows `env:NAME`, `file:PATH` and `ssm:NAME`; anything else is the secret itself.
    /// `None` for a parameter that was left out.
    fn follow(&self, text: &str) -> Option<Result<String, String>> {
        let found = if let Some(name) = text.strip_prefix("env:") {
            self.env.get(name).cloned().ok_or_else(|| format!("the environment variable {name} is not set."))
        } else if let Some(path) = text.strip_prefix("file:") {
            let content = std::fs::read_to_string(path).map(|content| content.trim_end().to_owned());
            content.map_err(|error| format!("the file {path} cannot be read ({error})."))
        } else if let Some(name) = text.strip_prefix("ssm:").filter(|name| !name.is_empty()) {
            self.parameters.get(name)?
        } else if text == "ssm:" {
            Err("`ssm:` needs the parameter's name behind it.".to_owned())
        } else {
            Ok(text.to_owned())
        };
        let not_empty =
            |text: String| if text.is_empty() { Err("what it names is empty.".to_owned()) } else { Ok(text) };
        Some(found.and_then(not_empty))
    }

    /// A list of texts; one text is split at commas.
    pub(super) fn list<T>(&mut self, key: &str, parse: Parse<'_, T>) -> Vec<T> {
        let Some(given) = self.take(key) else {
            self.show(key, None, &Source::Default.to_string());
            return Vec::new();
        };
        let items: Vec<String> = match &given.leaf {
            Leaf::Many(items) => items.clone(),
            Leaf::One(text) => text.split(',').map(|item| item.trim().to_owned()).collect(),
            Leaf::Odd(what) => {
                self.faults.add(given.source.clone(), key, format!("expected a list of texts, not {what}."));
                return Vec::new();
            }
        };
        self.show(key, Some(&items.join(", ")), &given.source.to_string());
        let parsed: Vec<_> = items.iter().map(|item| (item, parse(item))).collect();
        let mut good = Vec::new();
        for (item, result) in parsed {
            match result {
                Ok(value) => good.push(value),
                Err(wanted) => self.refuse(key, &given.source, item, &wanted),
            }
        }
        good
    }

    /// A table of texts by name.
    pub(super) fn table(&mut self, key: &str) -> BTreeMap<String, String> {
        let inside = format!("{key}.");
        let names: Vec<String> =
            self.values.keys().filter_map(|k| k.strip_prefix(&inside)).map(str::to_owned).collect();
        if names.is_empty() {
            self.show(key, None, &Source::Default.to_string());
        }
        if self.take(key).is_some() {
            self.fault(key, "expected a table, like { Name = \"value\" }.");
        }
        let read = |name: String| {
            let value = self.optional(&format!("{key}.{name}"), &|text| Ok(text.to_owned()))?;
            Some((name, value))
        };
        names.into_iter().filter_map(read).collect()
    }

    /// How many entries a list of tables has.
    pub(super) fn entries(&mut self, key: &str) -> usize {
        let count = (0..self.values.len()).take_while(|index| self.any_below(&format!("{key}[{index}]"))).count();
        if count == 0 {
            self.show(key, None, &Source::Default.to_string());
        }
        if let Some(given) = self.values.get(key).filter(|given| given.leaf != Leaf::Many(Vec::new())) {
            let text = "expected a list of tables, like [[auth.tokens]].".to_owned();
            self.faults.add(given.source.clone(), key, text);
        }
        self.known.insert(key.to_owned());
        count
    }

    /// A value of an entry that must be there.
    pub(super) fn required<T>(&mut self, entry: &str, name: &str, parse: Parse<'_, T>) -> Option<T> {
        let key = format!("{entry}.{name}");
        if !self.is_given(&key) {
            self.known.insert(key.clone());
            self.faults.add(self.source_of(entry), &key, "missing. Every entry needs it.");
            return None;
        }
        self.optional(&key, parse)
    }

    /// Notes a fault at a key.
    pub(super) fn fault(&mut self, key: &str, text: impl Into<String>) {
        self.faults.add(self.source_of(key), key, text);
    }

    /// Where a key, or the first thing inside it, was given.
    pub(super) fn source_of(&self, key: &str) -> Source {
        let found = self.values.get(key).or_else(|| self.values.iter().find(|(k, _)| is_below(k, key)).map(|(_, v)| v));
        found.map_or(Source::Default, |given| given.source.clone())
    }

    /// Whether a key, or something inside it, was given.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.values.contains_key(key) || self.any_below(key)
    }

    /// The text given for a key, else its default.
    pub(super) fn text_of(&self, key: &str) -> &str {
        match self.values.get(key).map(|given| &given.leaf) {
            Some(Leaf::One(text)) => text,
            _ => keys::find(key).and_then(|known| known.default).unwrap_or_default(),
        }
    }

    /// Reports every given key that nothing has read.
    pub(super) fn report_unknown(&mut self) {
        for (key, given) in &self.values {
            if !self.known.contains(key) {
                let text = format!("there is no such key.{}", suggestion(key, &self.known));
                self.faults.add(given.source.clone(), key, text);
            }
        }
    }

    fn any_below(&self, key: &str) -> bool {
        self.values.keys().any(|known| is_below(known, key))
    }

    fn take(&mut self, key: &str) -> Option<Given> {
        self.known.insert(key.to_owned());
        self.values.get(key).cloned()
    }

    fn one(&mut self, key: &str, given: &Given) -> Option<String> {
        let what = match &given.leaf {
            Leaf::One(text) => return Some(text.clone()),
            Leaf::Many(_) => "a list",
            Leaf::Odd(what) => what,
        };
        self.faults.add(given.source.clone(), key, format!("expected one value, not {what}."));
        None
    }

    fn show(&mut self, key: &str, value: Option<&str>, source: &str) {
        let source = if value.is_none() { "not set" } else { source };
        self.shown.push(Shown { key: key.to_owned(), value: value.map(str::to_owned), source: source.to_owned() });
    }

    fn refuse(&mut self, key: &str, source: &Source, text: &str, wanted: &str) {
        let secret = keys::find(key).is_some_and(|known| known.kind == Kind::Secret);
        let shown = if secret { String::new() } else { format!("`{}` will not do: ", text.escape_debug()) };
        self.faults.add(source.clone(), key, format!("{shown}{wanted}"));
    }
}

fn is_reference(text: &str) -> bool {
    ["env:", "file:", "ssm:"].iter().any(|scheme| text.starts_with(scheme))
}

/// ` Did you mean …?` for a misspelt key, or nothing.
fn suggestion(key: &str, known: &BTreeSet<String>) -> String {
    let leaf = key.rsplit('.').next().unwrap_or(key);
    let close = KEYS.iter().map(|k| k.name).chain(known.iter().map(String::as_str));
    let best = close.map(|name| (strsim::jaro_winkler(name, key), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    let same_leaf = KEYS.iter().find(|k| k.leaf() == leaf).map(|k| k.name);
    match (best, same_leaf) {
        (Some((score, name)), _) if score >= 0.9 => format!(" Did you mean `{name}`?"),
        (_, Some(name)) => format!(" Did you mean `{name}`?"),
        (Some((score, name)), None) if score >= 0.8 => format!(" Did you mean `{name}`?"),
        _ => " `vend config show` lists all keys.".to_owned(),
    }
}
