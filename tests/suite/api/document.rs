//! The `OpenAPI` document says what the server does, no more and no less.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use serde_json::Value;
use vend::http::api::openapi_json;

use crate::fakes::world::World;

/// Method and path template of every operation in the document.
pub fn operations() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let of = |(path, item): (String, Value)| {
        let methods: Vec<String> = item.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(move |method| (method, path.clone()))
    };
    paths.into_iter().flat_map(of).collect()
}

/// What the sources of the HTTP edge route.
fn routed() -> BTreeSet<(String, String)> {
    let route =
        Regex::new(r#"\.route\(\s*"([^"]+)",((?:[^;]|\n)*?)\)\s*(?:\.route\(|\.merge\(|\.with_state|;|\n\})"#).unwrap();
    let method = Regex::new(r"\b(get|post|put|patch|delete)(?:_service)?\(").unwrap();
    let mut found = BTreeSet::new();
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/http"))) {
        let text = std::fs::read_to_string(file).unwrap();
        let mut at = 0;
        while let Some(hit) = route.captures_at(&text, at) {
            let methods = method.captures_iter(hit.get(2).unwrap().as_str());
            found.extend(methods.map(|name| (name[1].to_owned(), hit[1].to_owned())));
            at = hit.get(2).unwrap().end();
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: std::path::PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|kind| kind == "rs")).collect()
}

#[test]
fn every_route_is_in_the_document_and_everything_in_it_is_a_route() {
    let routed = routed();
    assert!(routed.len() > 20, "{routed:?}");
    assert_eq!(routed, operations());
}

#[tokio::test]
async fn the_document_is_the_committed_one_and_is_served() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let text = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(text == openapi_json(), "openapi.json is out of date: `vend openapi > openapi.json` renews it");
    let served = World::with_tokens().await.get("/openapi.json").await;
    assert_eq!((served.status, served.text()), (200, text));
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_summary() {
    let text = openapi_json();
    let document: Value = serde_json::from_str(&text).unwrap();
    for hit in Regex::new(r##""\$ref": "#([^"]+)""##).unwrap().captures_iter(&text) {
        assert!(document.pointer(&hit[1]).is_some(), "{} leads nowhere", &hit[1]);
    }
    for (method, path) in operations() {
        let operation = &document["paths"][&path][&method];
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
    }
}
