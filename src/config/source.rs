//! Gathers what was given, from the file and the environment, into one flat map
//! from key to value. Knows nothing of what the keys mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::fault::{ConfigFaults, Source};
use super::keys;

/// A value as it was written; its kind is judged by whoever reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leaf {
    /// A string, number or boolean, as text.
    One(String),
    /// A list of such.
    Many(Vec<String>),
    /// Something no key takes, like a date, or a list of lists.
    Odd(&'static str),
}

/// A value and where it was given.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub leaf: Leaf,
    pub source: Source,
}

/// Everything that was given: by key, tables flattened (`auth.tokens[0].name`).
pub(super) type Values = BTreeMap<String, Given>;

/// The environment as a map.
pub(super) type Environment = BTreeMap<String, String>;

/// Picks the configuration file: the one named, else `VEND_CONFIG`, else
/// `fallback` when it exists. Only a file that was asked for must exist.
pub(super) fn choose_file(explicit: Option<&Path>, env: &Environment, fallback: &Path) -> Option<(PathBuf, Source)> {
    if let Some(path) = explicit {
        return Some((path.to_owned(), Source::File { path: path.to_owned(), line: 1 }));
    }
    if let Some(path) = env.get("VEND_CONFIG").filter(|path| !path.is_empty()) {
        return Some((path.into(), Source::Variable("VEND_CONFIG".into())));
    }
    fallback.exists().then(|| (fallback.to_owned(), Source::File { path: fallback.to_owned(), line: 1 }))
}

/// Reads the file's text; what cannot be read is a fault and counts as empty.
pub(super) fn read_file(path: &Path, named_by: Source, faults: &mut ConfigFaults) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| {
        let text = match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("there is no file `{}`. Name one that exists, or leave the option out.", path.display())
            }
            _ => format!("`{}` cannot be read ({error}). Check that it is a readable text file.", path.display()),
        };
        faults.add(named_by, "", text);
        String::new()
    })
}

/// Adds the values of a TOML text.
pub(super) fn add_file(values: &mut Values, path: &Path, text: &str, faults: &mut ConfigFaults) {
    let place = |offset: usize| {
        let line = 1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
        Source::File { path: path.to_owned(), line }
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let source = place(error.span().map_or(0, |span| span.start));
        faults.add(source, "", format!("this is not valid TOML: {}", error.message()));
    }
    flatten_table(values, "", table.get_ref(), &place);
}

fn flatten_table(values: &mut Values, prefix: &str, table: &DeTable<'_>, place: &dyn Fn(usize) -> Source) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        flatten(values, &key, value.get_ref(), &|_| place(name.span().start), place);
    }
}

/// Flattens one value; `own` places the value itself, `place` what lies inside it.
fn flatten(
    values: &mut Values,
    key: &str,
    value: &DeValue<'_>,
    own: &dyn Fn(usize) -> Source,
    place: &dyn Fn(usize) -> Source,
) {
    match value {
        DeValue::Table(table) => flatten_table(values, key, table, place),
        DeValue::Array(items) if !items.is_empty() && items.iter().all(|item| item.get_ref().is_table()) => {
            for (index, item) in items.iter().enumerate() {
                flatten(values, &format!("{key}[{index}]"), item.get_ref(), own, place);
            }
        }
        other => {
            values.insert(key.to_owned(), Given { leaf: leaf(other), source: own(0) });
        }
    }
}

fn leaf(value: &DeValue<'_>) -> Leaf {
    match value {
        DeValue::Array(items) => items
            .iter()
            .map(|item| scalar(item.get_ref()))
            .collect::<Option<_>>()
            .map_or(Leaf::Odd("a list of lists or dates"), Leaf::Many),
        other => scalar(other).map_or(Leaf::Odd(value.type_str()), Leaf::One),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|whole| whole.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Adds `VEND_<SECTION>__<KEY>` variables over what the file gave. An empty
/// variable counts as not set. Variables without a double underscore are left
/// alone (Kubernetes makes some of its own for a service named `vend`), unless
/// they spell a key of ours with one underscore.
pub(super) fn add_environment(values: &mut Values, env: &Environment, faults: &mut ConfigFaults) {
    for (name, text) in env.iter().filter(|(_, text)| !text.is_empty()) {
        let Some(rest) = name.strip_prefix("VEND_") else { continue };
        match rest.split_once("__") {
            Some((section, key)) => add_variable(values, name, &key_of(section, key), text, faults),
            None => {
                if let Some(key) = keys::KEYS.iter().find(|key| key.variable().replace("__", "_") == *name) {
                    let text = format!("write it with two underscores: {}.", key.variable());
                    faults.add(Source::Variable(name.clone()), key.name, text);
                }
            }
        }
    }
}

/// The key a variable means. Names below a table key keep their letter case.
fn key_of(section: &str, key: &str) -> String {
    let section = section.to_ascii_lowercase();
    match key.split_once("__") {
        Some((key, inner)) => format!("{section}.{}.{inner}", key.to_ascii_lowercase()),
        None => format!("{section}.{}", key.to_ascii_lowercase()),
    }
}

fn add_variable(values: &mut Values, name: &str, key: &str, text: &str, faults: &mut ConfigFaults) {
    let source = Source::Variable(name.to_owned());
    values.retain(|known, _| known != key && !is_below(known, key));
    if !keys::find(key).is_some_and(|known| known.kind.is_structured()) {
        values.insert(key.to_owned(), Given { leaf: Leaf::One(text.to_owned()), source });
        return;
    }
    match DeValue::parse(text) {
        Ok(value) => flatten(values, key, value.get_ref(), &|_| source.clone(), &|_| source.clone()),
        Err(error) => faults.add(source.clone(), key, format!("this is not a TOML value: {}", error.message())),
    }
}

/// Whether `key` lies inside the table or list `parent`.
pub(super) fn is_below(key: &str, parent: &str) -> bool {
    key.strip_prefix(parent).is_some_and(|rest| rest.starts_with(['.', '[']))
}
