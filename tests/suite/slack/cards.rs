//! Any request, however hostile its texts, renders within Slack's limits and
//! without a word of it becoming markup. `slack-morphism`'s models judge the
//! shapes: they were not written by us.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use slack_morphism::prelude::{SlackBlock, SlackView};
use vend::adapters::slack::render::{home, reason_modal, render, request_modal, set_modal};
use vend::domain::person::Channel;
use vend::domain::preflight::Checklist;
use vend::domain::request::{Decision, Progress, State, Step, Verdict};
use vend::domain::set::StageName;
use vend::domain::spec::{AccountType, OrganizationalUnit};
use vend::ports::chat::{BlueprintOffer, FileLink, Home, Message, Offer, Question, Questions, SetOffer};
use vend::say::sets::{PipelineView, SetView, StageView};
use vend::say::view::{FailureView, RequestView, RequesterView};

/// Texts a hostile requester would try, and long ones.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<!channel> <@U1> <https://evil.example|Approve>".to_owned()),
        Just("ok\n*Approved by* carol :white_check_mark:\u{202E}evil".to_owned()),
        Just("`*_~".repeat(400)),
        Just("😀".repeat(4000)),
        Just(" \u{200B}\n".to_owned()),
        Just("{}</script>&amp;\u{0}\u{7}".to_owned()),
        "\\PC{0,80}",
        any::<String>(),
    ]
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(hostile(), hostile(), 0..40)
}

fn decisions() -> impl Strategy<Value = Vec<Decision>> {
    let decision = (hostile(), prop::option::of(hostile()), 0..4_u8).prop_map(|(by, reason, verdict)| Decision {
        by,
        at: Timestamp::UNIX_EPOCH,
        decision: [Verdict::Approve, Verdict::Deny, Verdict::Cancel, Verdict::Expire][usize::from(verdict)],
        reason,
        channel: Channel::Slack,
    });
    prop::collection::vec(decision, 0..60)
}

prop_compose! {
    fn views()(
        words in prop::collection::vec(hostile(), 14),
        state in prop::sample::select(&State::ALL[..]),
        maps in (texts(), texts(), texts()),
        decisions in decisions(),
        checks in prop::collection::vec((hostile(), any::<bool>()), 0..30),
        numbers in (prop::option::of(any::<u32>()), prop::option::of(any::<i64>()), any::<u32>()),
        (failed, is_set) in (prop::option::of(any::<bool>()), any::<bool>()),
    ) -> RequestView {
        let word = |nth: usize| words[nth].clone();
        let mut preflight = Checklist::default();
        for (text, passed) in checks {
            if passed { preflight.pass("root_email", text) } else { preflight.fail("root_email", text) }
        }
        let progress = Progress { phase: word(0), done: numbers.0, total: Some(numbers.2) };
        let failure = failed.map(|retryable| FailureView {
            step: Step::BlueprintDeployment, reason: word(1), advice: word(2), retryable,
        });
        RequestView {
            id: "01JCZK5W8Q2M3N4P5R6S7T8V9W".into(),
            short_id: "req-6s7t8v9w".into(),
            state,
            status: word(3),
            account_name: word(4),
            account_type: AccountType::Sandbox,
            root_email: word(5),
            organizational_unit: word(6),
            blueprint: Some(word(7)),
            blueprint_version: Some(word(8)),
            blueprint_parameters: maps.0,
            purpose: word(9),
            cost_centre: Some(word(10)),
            tags: maps.1,
            requester: RequesterView { email: word(11), first_name: word(12), last_name: word(13) },
            submitted_by: is_set.then(|| word(0)),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            queue_place: numbers.0,
            estimate_seconds: numbers.1,
            progress: Some(progress),
            account_id: Some("123456789012".into()),
            outputs: maps.2,
            failure,
            can_roll_back: is_set,
            being_rolled_back: !is_set,
            decisions,
            approvals_needed: numbers.2,
            policy_rule: word(1),
            preflight,
            account_set: is_set.then(|| account_set(&words, state)),
            set: None,
            region: None,
            parameters_hash: "0".repeat(64),
            monthly_cost: Some(word(2)),
        }
    }
}

/// A set whose every text is somebody's own.
fn account_set(words: &[String], state: State) -> SetView {
    let word = |nth: usize| words[nth].clone();
    let account = |name: StageName| StageView {
        stage: name,
        state,
        status: word(0),
        request_id: None,
        account_name: word(1),
        account_type: AccountType::Production,
        root_email: word(2),
        organizational_unit: word(3),
        region: word(4),
        blueprint: Some(word(5)),
        blueprint_parameters: BTreeMap::from([(word(6), word(7))]),
        execution_policy: if name == StageName::Dev { "AdministratorAccess".into() } else { word(8) },
        vpc_cidr: word(9),
        account_id: Some(word(10)),
        queue_place: None,
        progress: Some(Progress { phase: word(11), done: Some(1), total: Some(0) }),
        failure: None,
        can_roll_back: name == StageName::Dev,
    };
    SetView {
        name: word(12),
        pipeline: PipelineView { account: word(13), region: word(0), execution_policy: word(1) },
        default_region: word(2),
        stages: StageName::ALL.into_iter().map(account).collect(),
        bootstraps: BTreeMap::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_request_renders_within_the_limits_and_without_foreign_markup(view in views()) {
        let files = (0..12).map(|nth| FileLink { name: view.status.clone(), url: format!("https://v.example/{nth}") }).collect();
        let mine = Message::RequesterCard { view: Box::new(view.clone()), files };
        for message in [Message::ApproverCard(Box::new(view.clone())), mine] {
            let rendered = serde_json::to_value(render(&message)).unwrap();
            check_message(&rendered);
        }
        check_view(&serde_json::to_value(reason_modal(&view)).unwrap());
        let many = vec![view; 20];
        let page = Home { mine: many.clone(), waiting: many };
        check_view(&serde_json::to_value(home(&page)).unwrap());
    }

    #[test]
    fn any_words_and_answers_render_within_the_limits(text in hostile(), choices in prop::collection::vec(hostile(), 0..30)) {
        check_message(&serde_json::to_value(render(&Message::Words { text, choices, form: true, question: Some("q".repeat(300)) })).unwrap());
    }

    #[test]
    fn any_offer_makes_a_form_slack_takes(names in prop::collection::vec(hostile(), 0..300)) {
        let unit = |name: &String| OrganizationalUnit { name: name.clone(), id: "ou-ab12-3c4d5e6f".into() };
        let blueprint = |title: &String| BlueprintOffer { id: "ml-sandbox".into(), title: title.clone() };
        let offer = Offer {
            organizational_units: names.iter().map(unit).collect(),
            blueprints: names.iter().take(150).map(blueprint).collect(),
            questions: Some(questions(&names)),
            given: BTreeMap::from([
                ("purpose".to_owned(), names.concat()),
                ("root_email".to_owned(), "ada@example.com".to_owned()),
                ("blueprint".to_owned(), "ml-sandbox".to_owned()),
                ("account_type".to_owned(), "Sandbox".to_owned()),
            ]),
        };
        check_view(&serde_json::to_value(request_modal(&offer)).unwrap());
        let blueprints = StageName::ALL.map(|stage| (stage, offer.blueprints.clone())).into();
        let given = BTreeMap::from([("account_set.execution_policy".to_owned(), names.concat())]);
        let questions = StageName::ALL.map(|stage| (stage, questions(&names[..names.len().min(20)]))).into();
        let offer = SetOffer { organizational_units: offer.organizational_units, blueprints, questions, given };
        check_view(&serde_json::to_value(set_modal(&offer)).unwrap());
    }
}

fn questions(names: &[String]) -> Questions {
    let question = |(nth, name): (usize, &String)| Question {
        field: format!("blueprint_parameters.{nth}"),
        label: name.clone(),
        hint: name.clone(),
        choices: names.iter().take(nth % 3).cloned().collect(),
        optional: nth % 2 == 0,
    };
    let lead = names.first().cloned().unwrap_or_default();
    Questions { blueprint: "ml-sandbox".into(), lead, questions: names.iter().enumerate().map(question).collect() }
}

fn check_message(message: &Value) {
    assert!(units(&message["text"]) <= 3000);
    assert!(!message["text"].as_str().unwrap().contains(['<', '>']), "unescaped: {}", message["text"]);
    check_blocks(&message["blocks"], 50);
}

fn check_view(view: &Value) {
    check_blocks(&view["blocks"], 100);
    for top in ["title", "submit", "close"] {
        assert!(units(&view[top]["text"]) <= 24, "{top}");
    }
    assert!(units(&view["private_metadata"]) <= 3000);
    serde_json::from_value::<SlackView>(view.clone()).expect("a view Slack knows");
}

fn check_blocks(blocks: &Value, most: usize) {
    let blocks = blocks.as_array().unwrap();
    assert!((1..=most).contains(&blocks.len()), "{} blocks", blocks.len());
    for block in blocks {
        let known: SlackBlock = serde_json::from_value(block.clone()).unwrap();
        assert!(!matches!(known, SlackBlock::Unknown(_)), "not a block: {block}");
        let field = if block["fields"].is_array() { 2000 } else { 3000 };
        let limit = if block["type"] == "header" { 150 } else { field };
        check_texts(block, limit);
        let elements = block["elements"].as_array().map_or(0, Vec::len);
        assert!(elements <= if block["type"] == "actions" { 25 } else { 10 });
        assert!(block["fields"].as_array().map_or(0, Vec::len) <= 10);
    }
}

/// Walks every text object below `value`.
fn check_texts(value: &Value, limit: usize) {
    match value {
        Value::Object(object) => {
            let limit = match object.get("type").and_then(Value::as_str) {
                Some("button") => 75,
                _ if object.contains_key("value") || object.contains_key("options") => 75,
                _ => limit,
            };
            if let Some(kind @ ("plain_text" | "mrkdwn")) = object.get("type").and_then(Value::as_str) {
                check_text(kind, object["text"].as_str().unwrap(), limit);
                assert_ne!(object.get("emoji"), Some(&Value::Bool(true)));
            }
            assert!(object.get("value").is_none_or(|value| units(value) <= 2000));
            assert!(object.get("options").is_none_or(|options| (1..=100).contains(&options.as_array().unwrap().len())));
            let groups = object.get("option_groups").and_then(Value::as_array);
            assert!(groups.is_none_or(|groups| (1..=100).contains(&groups.len())));
            object.values().for_each(|value| check_texts(value, limit));
        }
        Value::Array(values) => values.iter().for_each(|value| check_texts(value, limit)),
        _ => {}
    }
}

fn check_text(kind: &str, text: &str, limit: usize) {
    assert!((1..=limit).contains(&text.encode_utf16().count()), "{} units where {limit} fit", text.len());
    assert!(!text.contains('\u{202E}') && !text.contains('\0'));
    if kind == "mrkdwn" {
        // Ours alone: a literal, or a date.
        let ours = text.replace("<!date^", "");
        assert!(!ours.contains("evil") && !ours.contains("<!") && !ours.contains("<@"), "foreign markup: {text}");
    }
}

fn units(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.encode_utf16().count())
}
