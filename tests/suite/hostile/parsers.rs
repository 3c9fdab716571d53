//! What reads strangers' bytes never panics: files that are right but for a few bytes,
//! and bytes that never were right. What a reader still takes can be worked with.

use std::path::Path;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use vend::domain::blueprint::parse::{self, Files};
use vend::domain::blueprint::{Template, check};
use vend::domain::cdk_app::{CdkApp, bootstrap_plan};
use vend::domain::dialogue::bot::SHIPPED;

use super::properties;

/// A file of this repository.
fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

static BLUEPRINT: LazyLock<String> = LazyLock::new(|| file("manifests/blueprints/mlops-stage/blueprint.yaml"));
static TEMPLATE: LazyLock<String> = LazyLock::new(|| file("manifests/blueprints/mlops-stage/template.yaml"));
static POLICY: LazyLock<String> = LazyLock::new(|| file("manifests/policy.yaml"));
static CDK_APP: LazyLock<String> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/cdk_app/fixtures/good");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "yml"));
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).unwrap()).max_by_key(String::len).unwrap()
});

/// One change to a text.
#[derive(Debug, Clone)]
enum Edit {
    Cut(Index, Index),
    Insert(Index, String),
    Repeat(Index, Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let hurts = [
        ":", "- ", "\t", "*a", "&a [*a]", "!Ref", "!Sub ${", "${AWS::", "[[[[", "{", "|\n", "\u{0}", "💣", "---\n",
        "~", "1e999",
    ];
    let piece = prop_oneof![prop::sample::select(hurts.to_vec()).prop_map(str::to_owned), "\\PC{0,12}"];
    let edit = prop_oneof![
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Cut(from, to)),
        (any::<Index>(), piece).prop_map(|(at, text)| Edit::Insert(at, text)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Repeat(from, to)),
    ];
    vec(edit, 1..4)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    edits.iter().fold(text.to_owned(), |text, edit| {
        let place =
            |at: &Index| (0..=at.index(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        // At most a few lines, or little would be left to read.
        let span = |from: &Index, to: &Index| {
            let start = place(from);
            let end = (start..=(start + to.index(120)).min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            (start, end.unwrap_or(start))
        };
        match edit {
            Edit::Cut(from, to) => {
                let (start, end) = span(from, to);
                text[..start].to_owned() + &text[end..]
            }
            Edit::Insert(at, piece) => text[..place(at)].to_owned() + piece + &text[place(at)..],
            Edit::Repeat(from, to) => {
                let (start, end) = span(from, to);
                text[..end].to_owned() + &text[start..]
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_blueprint_or_template_with_a_few_wrong_bytes(edits in edits(), in_template: bool) {
        let (mut metadata, mut template) = (BLUEPRINT.clone(), TEMPLATE.clone());
        let which = if in_template { &mut template } else { &mut metadata };
        *which = edited(which, &edits);
        let files = Files { folder: "mlops-stage", place: "here", metadata: &metadata, template: &template };
        match parse::blueprint(&files) {
            Ok(blueprint) => {
                let _ = check::blueprint(&blueprint);
                let _ = blueprint.resolve(&std::collections::BTreeMap::new(), &std::collections::BTreeMap::new());
            }
            Err(faults) => prop_assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.sentence.is_empty())),
        }
        if let Ok(template) = Template::parse(&template) {
            let _ = template.resources(&std::collections::BTreeMap::new());
        }
    }

    #[test]
    fn a_policy_with_a_few_wrong_bytes(edits in edits()) {
        properties::policy(edited(&POLICY, &edits).as_bytes());
    }

    #[test]
    fn a_bot_with_a_few_wrong_bytes(edits in edits()) {
        properties::bot(edited(SHIPPED, &edits).as_bytes());
    }

    #[test]
    fn a_cdk_app_file_with_a_few_wrong_bytes(edits in edits()) {
        match CdkApp::read(&edited(&CDK_APP, &edits), &|_| Ok(Some("{}".to_owned()))) {
            Ok(app) => drop(bootstrap_plan(&app)),
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }

    #[test]
    fn any_body_at_a_slack_address(body in "\\PC{0,200}", json in ".{0,100}", which in 0..3_u8) {
        for body in [body.clone(), format!("payload={body}"), format!(r#"{{"type":"event_callback","event":{json}}}"#)] {
            properties::slack(&[&[which], body.as_bytes()].concat());
        }
    }

    #[test]
    fn any_text_as_an_id_a_cursor_or_a_key(text in "\\PC{0,60}", odd in "(req-)?[0-9A-Za-z]{0,28}") {
        properties::cursors(text.as_bytes());
        properties::cursors(odd.as_bytes());
    }

    #[test]
    fn any_conversation(said in "(\\PC{0,40}\n){0,6}", odd in "([A-Za-z@. ]{0,40}\n){0,6}") {
        properties::sentences(said.as_bytes());
        properties::sentences(odd.as_bytes());
    }

    #[test]
    fn any_words_in_a_mail(words in "(\\PC{0,40}\n){10}", odd in "([a-z@./:¶ ]{0,40}\n){10}") {
        properties::mail(words.as_bytes());
        properties::mail(odd.as_bytes());
    }
}
