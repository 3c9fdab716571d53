//! The rules of the house that a compiler does not check: a pure domain, short
//! files that say what they are for, no lint silenced without a reason.

use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 400;
/// A fake is a world of its own; even so.
const LONGEST_FAKE: usize = 450;

/// What a pure domain has no business with. Words are looked for in code, not in comments.
const IMPURE: [&str; 24] = [
    "tokio",
    "reqwest",
    "rusqlite",
    "axum",
    "aws_config",
    "aws_sdk",
    "aws_smithy",
    "aws_types",
    "lettre",
    "tracing",
    "rand::",
    "async fn",
    ".await",
    "std::fs",
    "TcpStream",
    "UdpSocket",
    "ToSocketAddrs",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
];

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The code of production: without comments, and without what only tests are made of.
    fn code(&self) -> Vec<(usize, &str)> {
        let production = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = (1..).zip(production.lines());
        lines.filter(|(_, line)| !line.trim_start().starts_with("//")).collect()
    }

    fn is_test(&self) -> bool {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        // The sample views are compiled for tests alone.
        name == "tests" || name == "sample" || name.ends_with("_tests") || self.path.starts_with("tests")
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

/// Every Rust file under a folder of the repository.
fn sources(folder: &str) -> Vec<Source> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text file");
                let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a file of ours").to_owned();
                sources.push(Source { path, text });
            }
        }
    }
    assert!(sources.len() > 2, "{folder} holds the files this test is about");
    sources
}

#[track_caller]
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    let mut faults = Vec::new();
    for source in sources("src/domain").iter().filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            // A name may begin like the keyword.
            let line = line.replace(".awaited", "");
            let found = IMPURE.iter().filter(|word| line.contains(*word));
            faults.extend(found.map(|word| format!("{}: {word} in the domain", source.at(number))));
        }
    }
    none(&faults);
}

#[test]
fn use_cases_know_no_transport_and_no_adapter() {
    let mut faults = Vec::new();
    for source in sources("src/service").iter().chain(&sources("src/worker")).filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            let found = ["axum", "reqwest", "rusqlite", "crate::http", "crate::adapters"];
            let found = found.iter().filter(|word| line.contains(*word));
            faults.extend(found.map(|word| format!("{}: {word} in a use case", source.at(number))));
        }
    }
    none(&faults);
}

#[test]
fn every_file_says_what_it_is_for_and_can_be_read_in_one_go() {
    let mut faults = Vec::new();
    for source in sources("src").iter().chain(&sources("tests")) {
        if !source.text.starts_with("//!") {
            faults.push(format!("{} does not open with `//!`", source.path.display()));
        }
        let lines = source.text.lines().count();
        let most = if source.path.starts_with("tests/suite/fakes") { LONGEST_FAKE } else { LONGEST_FILE };
        if lines > most {
            faults.push(format!("{} has {lines} lines, {most} at most", source.path.display()));
        }
    }
    none(&faults);
}

#[test]
fn no_lint_is_silenced_in_passing() {
    let mut faults = Vec::new();
    for source in &sources("src") {
        for (number, line) in source.code() {
            if line.contains("#[allow(") || line.contains("#![allow(") {
                faults.push(format!("{}: `allow` where `expect` with a reason belongs", source.at(number)));
            }
        }
    }
    none(&faults);
}

/// Clippy judges this too, but only where nobody told it not to.
#[test]
fn nothing_panics_without_a_stated_invariant() {
    let mut faults = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        let stated =
            source.text.contains("expect(clippy::expect_used") || source.text.contains("expect(clippy::unwrap_used");
        for (number, line) in source.code() {
            let panics = [".unwrap()", ".expect(\"", "panic!(", "todo!(", "unimplemented!("];
            if !stated && panics.iter().any(|word| line.contains(word)) {
                faults.push(format!("{}: {}", source.at(number), line.trim()));
            }
        }
    }
    none(&faults);
}
