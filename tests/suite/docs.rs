//! What the documents say about the code is true: paths, functions, links, calls.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;
use serde_json::Value;
use vend::domain::job::JobKind;
use vend::domain::request::State;
use vend::telemetry::JobEnd;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Every document people read, by its path from the root.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [".", "docs", "docs/adr"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "md") {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

fn all(pattern: &str, text: &str) -> Vec<String> {
    Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
}

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_path_named_in_the_documents_exists() {
    let path = r"`((?:src|tests|manifests|docs|benches|examples|fuzz|postman|slack|deploy|\.ci)/[A-Za-z0-9_./-]*)`";
    let mut missing = Vec::new();
    for document in documents() {
        missing.extend(
            all(path, &read(&document))
                .into_iter()
                .filter(|named| !root().join(named).exists())
                .map(|named| format!("{}: {named}", document.display())),
        );
    }
    assert!(missing.is_empty(), "not there: {missing:#?}");
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = read(&document);
        for target in all(r"\]\(([^)\s]+)\)", &text) {
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            if file.contains(':') {
                continue;
            }
            let found = if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            let there = root().join(&found).exists();
            if !there || (!heading.is_empty() && !anchors(&read(&found)).contains(heading)) {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these lead nowhere: {broken:#?}");
}

/// The headings of a document, as links name them.
fn anchors(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let anchor = |heading: String| heading.to_lowercase().replace(' ', "-").chars().filter(|c| word(*c)).collect();
    all(r"(?m)^#+ (.+)$", text).into_iter().map(anchor).collect()
}

/// Whether something of that name is defined in this code: an item, a public field or a variant.
fn defines(code: &str, name: &str) -> bool {
    let item = format!(r"\b(fn|struct|enum|trait|const|static|type|mod) {name}\b");
    let part = if name.starts_with(char::is_uppercase) {
        format!(r"(?m)^ +{name}(,$|\(| \{{$)")
    } else {
        format!(r"(?m)^ +pub(\([a-z]+\))? {name}:")
    };
    [item, part].iter().any(|pattern| Regex::new(pattern).unwrap().is_match(code))
}

#[test]
fn what_the_documents_say_is_in_a_file_is_defined_there() {
    let place =
        r"`(?:[A-Z][A-Za-z]+::)?([A-Za-z_]+)`(?: \([^)]*\))? in `((?:src|tests|fuzz|benches|examples)/[a-z_/]+\.rs)`";
    let (place, mut found, mut wrong) = (Regex::new(place).unwrap(), 0, Vec::new());
    for document in documents() {
        let text = read(&document).split_whitespace().collect::<Vec<_>>().join(" ");
        for named in place.captures_iter(&text) {
            found += 1;
            if !defines(&read(&named[2]), &named[1]) {
                wrong.push(format!("{}: {} in {}", document.display(), &named[1], &named[2]));
            }
        }
    }
    assert!(found > 20, "{found}");
    assert!(wrong.is_empty(), "not there: {wrong:#?}");
}

/// Functions and events that the documents name with their owner or in a sentence.
#[test]
fn every_function_named_in_the_documents_exists() {
    let mut code = String::new();
    sources(&root().join("src"), &mut code);
    sources(&root().join("tests"), &mut code);
    let (mut found, mut gone) = (0, Vec::new());
    for document in documents() {
        let text = read(&document);
        let mut names = all(r"`(?:[A-Z][A-Za-z]+::)([a-z_]+)`", &text);
        if document.ends_with("architecture.md") {
            names.extend(all(r"\(`([a-z_]+)`\)", &text));
            names.extend(all(r"`([a-z_]+)` \(", &text));
        }
        found += names.len();
        gone.extend(names.into_iter().filter(|name| !defines(&code, name)).map(|name| (document.clone(), name)));
    }
    assert!(found > 15, "{found}");
    assert!(gone.is_empty(), "no such function: {gone:?}");
}

/// The map leads to every page.
#[test]
fn every_page_of_the_documentation_is_on_the_map() {
    let map = all(r"\]\(([^)#\s]+)", &read("docs/README.md"));
    let pages = documents().into_iter().filter(|page| page.parent() == Some(Path::new("docs")));
    let names = pages.map(|page| page.file_name().unwrap().to_str().unwrap().to_owned());
    let missing: Vec<String> = names.filter(|name| name != "README.md" && !map.contains(name)).collect();
    assert!(missing.is_empty(), "not on the map: {missing:?}");
}

/// What happened once of everything that is counted.
fn metrics() -> String {
    let metrics = vend::telemetry::Metrics::new();
    metrics.slack_answered("events", 200, Duration::ZERO);
    metrics.job_ended(&JobKind::Slack { surface: "events".into(), body: String::new() }, JobEnd::Run);
    metrics.request_reached(State::Ready);
    metrics.render()
}

#[test]
fn operations_tell_what_every_metric_is_for() {
    let mut counted = BTreeSet::new();
    for line in metrics().lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        counted.insert(if kind == "counter" { format!("{name}_total") } else { name.to_owned() });
    }
    assert!(counted.len() >= 10, "{counted:?}");
    let told = all(r"(?m)^\| `(vend_[a-z_]+)` \|", &read("docs/operations.md"));
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), counted);
}

#[test]
fn every_call_of_the_postman_collection_is_in_the_api_description() {
    let collection: Value = serde_json::from_str(&read("postman/vend.postman_collection.json")).unwrap();
    let described: Value = serde_json::from_str(&read("openapi.json")).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let mut calls = Vec::new();
    requests(&collection["item"], &mut calls);
    assert!(calls.len() > 40, "{}", calls.len());
    for (name, method, path) in calls {
        let operations = paths.iter().find(|(template, _)| fits(template, &path)).map(|(_, operations)| operations);
        let operations = operations.unwrap_or_else(|| panic!("{name}: {path} is not described"));
        let known = operations.get(method.to_lowercase()).is_some();
        assert!(known != (name == "Wrong method"), "{name}: {method} {path}");
    }
}

#[test]
fn every_call_of_the_api_description_is_in_the_postman_collection() {
    let collection: Value = serde_json::from_str(&read("postman/vend.postman_collection.json")).unwrap();
    let described: Value = serde_json::from_str(&read("openapi.json")).unwrap();
    let mut calls = Vec::new();
    requests(&collection["item"], &mut calls);
    let mut missing = Vec::new();
    for (template, operations) in described["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let here = |call: &(String, String, String)| call.1.eq_ignore_ascii_case(method) && fits(template, &call.2);
            // Slack's deliveries are signed; Postman cannot, so one refusal stands for the three.
            if operations.get(method).is_some() && !template.starts_with("/slack/") && !calls.iter().any(here) {
                missing.push(format!("{method} {template}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in the collection: {missing:?}");
}

fn requests(items: &Value, calls: &mut Vec<(String, String, String)>) {
    for item in items.as_array().unwrap() {
        if item["item"].is_array() {
            requests(&item["item"], calls);
        } else {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let raw = text(&item["request"]["url"]["raw"]).replace("{{baseUrl}}", "");
            let path = raw.split('?').next().unwrap().to_owned();
            calls.push((text(&item["name"]), text(&item["request"]["method"]), path));
        }
    }
}

/// Whether a path is one a template describes.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
}
