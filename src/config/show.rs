//! The configuration as text: the values in force, and the sample file.

use std::fmt::Write as _;

use super::keys::{KEYS, Key, Kind};
use super::reader::Shown;

/// The values in force, one line a key with its source; secrets are `***`.
#[must_use]
pub fn effective(shown: &[Shown]) -> String {
    let left = |shown: &Shown| match &shown.value {
        Some(value) => format!("{} = {}", shown.key, quoted(value)),
        None => shown.key.clone(),
    };
    let lines: Vec<_> = shown.iter().map(|shown| (left(shown), &shown.source)).collect();
    let width = lines.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0).min(60);
    lines.iter().fold(String::new(), |mut text, (left, source)| {
        let _ = writeln!(text, "{left:width$}  # {source}");
        text
    })
}

/// The sample file: every key with its meaning; those with a default show it,
/// the others an example. All commented out, so the file changes nothing as it is.
#[must_use]
pub fn sample() -> String {
    let mut text = String::from(HEADER);
    let mut section = "";
    for key in KEYS {
        if key.section() != section {
            section = key.section();
            let _ = write!(text, "\n[{section}]\n");
        }
        let _ = write!(text, "{}", entry(key));
    }
    text
}

const HEADER: &str = "\
# Every setting of vend. Copy this file to vend.toml and uncomment what you change.
# Each key can also be given as an environment variable, VEND_<SECTION>__<KEY>,
# which wins over the file. Secrets may be written as \"env:NAME\", \"file:PATH\" or \"ssm:NAME\".
# `vend config check` reads the result, `vend config show` prints what is in force.
# This file is printed by `vend config sample`.
";

fn entry(key: &Key) -> String {
    let value = key.default.map_or_else(|| key.example.to_owned(), |default| literal(key.kind, default));
    let mut text = format!("\n# {}\n", key.about);
    for (index, line) in value.lines().enumerate() {
        let _ = if index == 0 { writeln!(text, "# {} = {line}", key.leaf()) } else { writeln!(text, "# {line}") };
    }
    text
}

fn literal(kind: Kind, text: &str) -> String {
    if kind == Kind::Number { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
