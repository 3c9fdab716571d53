//! The same transcripts through both engines: the person hears the same and ends up
//! with the same request.

use std::sync::Arc;

use serde_json::{Value, json};
use vend::ports::dialogue::Dialogue;

use super::Bench;
use crate::fakes::clock::TestClock;
use crate::fakes::world::{Setup, World};

/// What people say in the journeys, and where conversations go wrong.
const TRANSCRIPTS: &[&[&str]] = &[
    // One answer at a time, with a correction and a change before the yes.
    &[
        "Hi, I would like a new account please!",
        "Production",
        "no, Sandbox",
        "fraud-root",
        "fraud-root@example.com",
        "Research",
        "Demos",
        "none",
        "Training a fraud model",
        "change the OU to Sandbox",
        "yes",
        "status",
    ],
    // A whole sentence, and a blueprint.
    &[
        "create a Sandbox account in Demos with fraud-root@example.com",
        "ml-workload-nonprod",
        "Training a fraud model",
        "yes",
    ],
    // The purpose in the first sentence; Lex cannot take it from there.
    &[
        "create a Sandbox account for the fraud team in Demos with fraud-root@example.com",
        "without a blueprint",
        "Yes please",
        "my requests",
    ],
    // A blueprint whose questions only a person can answer.
    &[
        "new production account",
        "fraud-root@example.com",
        "Demos",
        "ml-workload-prod",
        "Scoring payments",
        "100.64.0.0/20",
        "yes",
    ],
    // Questions in the middle, a purpose that is changed at the end, a name that is added.
    &[
        "I need a sandbox account",
        "help",
        "status",
        "fraud-root@example.com",
        "Demos",
        "none",
        "help",
        "Trying things",
        "change the purpose",
        "Training fraud models",
        "call it fraud-lab",
        "yes",
    ],
    // An address that somebody uses already is refused and asked for again.
    &[
        "create a Sandbox account in Demos with fraud-root@example.com because we train models",
        "none",
        "yes",
        "another sandbox account in Demos with fraud-root@example.com",
        "second-root@example.com",
        "none",
        "Another one",
        "yes",
    ],
    // Declined, cancelled, given up, and none of it makes a request.
    &["create a Sandbox account in Demos with fraud-root@example.com", "none", "trying", "no", "yes"],
    &["new account", "Sandbox", "cancel", "yes"],
    &["new account", "banana", "banana", "banana", "banana", "Sandbox"],
    // A blueprint that does not exist is refused with the ones like it.
    &["create a Sandbox account in Demos with fraud-root@example.com", "mlops-esc", "mlops-ecs", "cancel"],
    // An account type alone begins one.
    &["Sandbox", "help", "prod please"],
    &["a production account", "cancel", "test", "prod please"],
    &["what a lovely day", "yes", "cancel", "cancel req-7f3k2a9q", "I need an account set"],
];

async fn world(dialogue: Option<Arc<dyn Dialogue>>, clock: TestClock) -> World {
    let values = [("TransitGatewayId".to_owned(), "tgw-0123456789abcdef0".to_owned())].into();
    Setup { dialogue, clock, blueprint_values: values, ..Setup::default() }.build().await
}

/// What the bot answered to each line, and the requests there are at the end.
async fn played(world: &World, transcript: &[&str]) -> (Vec<String>, Value) {
    let mut answers = Vec::new();
    for text in transcript {
        let turn = json!({
            "UserEmail": "ada@example.com", "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": text,
        });
        let answer = world.post("/account", &turn).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answers.push(format!("{text} → {}", answer.json()["response"].as_str().unwrap()));
    }
    (answers, world.get("/api/v1/requests").await.json())
}

#[tokio::test]
async fn a_person_ends_up_with_the_same_whichever_engine_listens() {
    let mut made = 0;
    for transcript in TRANSCRIPTS {
        let embedded = played(&world(None, TestClock::default()).await, transcript).await;
        let bench = Bench::start().await;
        let on_lex = world(Some(bench.dialogue.clone()), bench.clock.clone()).await;
        let lex = played(&on_lex, transcript).await;
        assert_eq!(lex, embedded);
        made += lex.1["requests"].as_array().unwrap().len();
    }
    assert_eq!(made, 7, "the transcripts that end in a request do");
}
