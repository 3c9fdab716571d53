//! Account sets: three accounts under one approval, from the first word to the files.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vend::domain::event::Event;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::{Refusal, State};
use vend::domain::set::StageName;
use vend::ports::store::RequestStore as _;
use vend::service::ServiceError;

use super::stage::Stage;

const GOVERNANCE: &str = "111122223333";

/// Ada asks for the set `fraud` by REST; these addresses take the pattern's place.
async fn asked(stage: &Stage, emails: &[(&str, &str)]) -> RequestId {
    let stages: BTreeMap<_, _> = emails.iter().map(|(name, email)| (*name, json!({"root_email": email}))).collect();
    let made = stage.world.post("/api/v1/requests", &body(&json!(stages))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().expect("an id").parse().expect("an id")
}

fn body(stages: &Value) -> Value {
    json!({
        "account_set": {
            "name": "fraud", "pipeline": {"account": GOVERNANCE, "region": "eu-west-1"},
            "default_region": "eu-central-1", "root_email": "ml-{stage}@example.com",
            "organizational_unit": "Sandbox", "execution_policy": "least-privilege", "stages": stages,
        },
        "purpose": "Card fraud scoring",
        "requester": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
    })
}

/// Grace and Heidi say yes: production accounts need both.
async fn approved(stage: &mut Stage, id: RequestId) {
    stage.world.settle().await;
    assert_eq!(stage.presses("grace@example.com", "approve", "Go ahead", id).await, 200);
    assert_eq!(stage.presses("heidi@example.com", "approve", "", id).await, 200);
}

async fn stages(stage: &Stage, id: RequestId) -> Vec<String> {
    let view = stage.world.request(&id.to_string()).await;
    let stages = view["account_set"]["stages"].as_array().expect("stages").clone();
    let line = |stage: &Value| format!("{} {}", stage["stage"].as_str().unwrap(), stage["state"].as_str().unwrap());
    stages.iter().map(line).collect()
}

#[tokio::test]
async fn one_approval_makes_three_accounts_and_their_files() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[]).await;
    stage.world.settle().await;
    stage.mail_is_read();
    approved(&mut stage, id).await;
    stage.settle(id).await;
    stage.mail_is_read();
    stage.note(&stage.path(id).await);
    for name in StageName::ALL {
        stage.note(&format!("{}: {}", name.word(), stage.path(id.member(name)).await));
    }
    let listed = stage.world.get(&format!("/api/v1/requests/{id}/artefacts")).await;
    assert_eq!(listed.status, 200, "{}", listed.text());
    for artefact in listed.json()["artefacts"].as_array().expect("files") {
        let file = stage.world.get(artefact["href"].as_str().expect("an address")).await;
        assert_eq!(
            (file.status, file.body.len()),
            (200, usize::try_from(artefact["bytes"].as_u64().expect("a size")).expect("a small file"))
        );
        assert_eq!(file.header("content-type"), artefact["media_type"].as_str().expect("a type"));
        assert!(file.header("content-disposition").contains(artefact["name"].as_str().expect("a name")));
        let text = if artefact["name"] == "cdk-app.yml" { file.text() } else { String::new() };
        stage.note(format!("{}\n{text}", file.header("content-disposition")).trim_end());
    }
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn ada_asks_for_a_set_in_a_conversation() {
    let mut stage = Stage::new().await;
    for text in ["I need an account set", "9lives", "fraud", "12", GOVERNANCE, "eu-west-1", "ml@example.com"] {
        assert_eq!(stage.ada_says(text).await, None);
    }
    for text in ["ml-STAGE@example.com", "Nowhere", "Sandbox", "everything", "AdministratorAccess", "Fraud scoring"] {
        assert_eq!(stage.ada_says(text).await, None);
    }
    let id = stage.ada_says("yes").await.expect("a request");
    approved(&mut stage, id).await;
    stage.settle(id).await;
    stage.ada_says("status").await;
    let page = stage.world.get(&format!("/requests/{id}")).await.text();
    assert!(page.contains("ADMINISTRATOR ACCESS") && page.contains("progress-preprod"), "{page}");
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn the_list_shows_a_set_as_one_and_it_counts_as_one() {
    let stage = Stage::new().await;
    let id = asked(&stage, &[]).await;
    let listed = stage.world.get("/api/v1/requests").await.json();
    let ids: Vec<_> = listed["requests"].as_array().expect("a list").iter().map(|r| r["id"].clone()).collect();
    assert_eq!(ids, [json!(id.to_string())]);
    let seen = stage.world.post("/api/v1/preflight", &crate::fakes::world::sandbox("x@example.com")).await.json();
    assert!(seen.to_string().contains("1 of 10 open requests"), "{seen}");
}

#[tokio::test]
async fn a_failed_account_leaves_the_others_alone_and_a_retry_goes_on() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[("preprod", "ml+fail-quota@example.com")]).await;
    approved(&mut stage, id).await;
    stage.settle(id).await;
    assert_eq!(stages(&stage, id).await, ["dev ready", "preprod failed", "prod ready"]);
    stage.mail_about("failed");
    let ada = Actor::person("ada@example.com", Channel::Api);
    let member = id.member(StageName::Preprod);
    let alone = stage.world.service.retry(member, &ada).await.expect_err("not by itself");
    stage.note(&alone.sentence());
    let dev = stage.world.history(&id.member(StageName::Dev).to_string()).await.len();
    stage.world.service.retry(id, &ada).await.expect("a retry");
    stage.note("Ada retries");
    stage.settle(id).await;
    assert_eq!(stage.world.history(&id.member(StageName::Dev).to_string()).await.len(), dev, "dev is left alone");
    stage.mail_about("ready");
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn a_failure_nothing_can_cure_is_given_up_with_the_set() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[("prod", "ml+fail-email@example.com")]).await;
    approved(&mut stage, id).await;
    stage.settle(id).await;
    let ada = Actor::person("ada@example.com", Channel::Api);
    stage.note(&stage.world.service.retry(id, &ada).await.expect_err("it cannot help").sentence());
    stage.world.service.cancel(id, &ada, None).await.expect("given up");
    stage.settle(id).await;
    let locks = stage.world.store.locks("set/").await.expect("locks");
    assert!(locks.is_empty(), "the name is free again: {locks:?}");
    stage.ends(id, State::Abandoned).await;
}

#[tokio::test]
async fn a_denied_set_makes_no_account_and_gives_every_name_back() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[]).await;
    let mut held = Vec::new();
    for prefix in ["email/", "name/", "set/", "cidr/"] {
        held.push(stage.world.store.locks(prefix).await.expect("locks").len());
    }
    assert_eq!(held, [3, 3, 1, 3]);
    stage.world.settle().await;
    stage.presses("grace@example.com", "deny", "Use the shared ones", id).await;
    stage.settle(id).await;
    for prefix in ["email/", "name/", "set/", "cidr/"] {
        assert!(stage.world.store.locks(prefix).await.expect("locks").is_empty(), "{prefix}");
    }
    assert!(stage.world.store.load(id.member(StageName::Dev)).await.is_err());
    let files = stage.world.get(&format!("/api/v1/requests/{id}/artefacts/cdk-app.yml")).await;
    files.must_be_a_problem(409);
    stage.ends(id, State::Denied).await;
}

#[tokio::test]
async fn the_process_ends_at_every_moment_of_a_set_and_each_account_is_made_once() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[("dev", "ml+fail-busy@example.com")]).await;
    approved(&mut stage, id).await;
    let mut starts = 0;
    while !stage.request(id).await.state.is_terminal() {
        stage = Stage::in_world(stage.world.restart().await);
        stage.world.worker.tick().await.expect("a store that works");
        stage.world.clock.advance(std::time::Duration::from_secs(10));
        starts += 1;
        assert!(starts < 200, "it gets nowhere");
    }
    assert!(starts > 5, "restarts happened in the middle");
    stage.world.settle().await;
    let evidence = stage.world.evidence().await;
    assert_eq!(evidence.creations.len(), 3);
    stage.ends(id, State::Ready).await;
}

#[tokio::test]
async fn the_same_set_is_not_made_twice() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[]).await;
    let again = stage.world.post("/api/v1/requests", &body(&json!({}))).await;
    again.must_be_a_problem(422);
    assert!(again.faulty_fields().contains(&"account_set.name".to_owned()), "{:?}", again.faulty_fields());
    approved(&mut stage, id).await;
    stage.settle(id).await;
    let before = stage.world.snapshot();
    let again = stage.world.post("/api/v1/requests", &body(&json!({}))).await;
    again.must_be_a_problem(422);
    stage.world.settle().await;
    assert_eq!(stage.world.snapshot(), before, "a set that is ready is left as it is");
}

#[tokio::test]
async fn every_wrong_field_of_a_set_is_told_at_once_by_its_path() {
    let stage = Stage::new().await;
    let before = stage.world.snapshot();
    let answer = stage
        .world
        .post(
            "/api/v1/requests",
            &json!({
                "account_type": "Sandbox",
                "account_set": {
                    "name": "Fraud!", "pipeline": {"account": "12", "region": "europe"}, "colour": "red",
                    "root_email": "ml-{stage}@example.com", "organizational_unit": "Nowhere",
                    "stages": {
                        "dev": {"root_email": "no address", "region": "mars-1", "execution_policy": "all"},
                        "preprod": {"root_email": "same@example.com", "organizational_unit": "Nowhere too"},
                        "prod": {"root_email": "same@example.com", "execution_policy": "AdministratorAccess", "size": 3},
                        "test": {},
                    },
                },
                "requester": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
            }),
        )
        .await;
    answer.must_be_a_problem(422);
    let mut fields = answer.faulty_fields();
    fields.sort();
    let expected = [
        "account_set.colour",
        "account_set.execution_policy",
        "account_set.name",
        "account_set.organizational_unit",
        "account_set.pipeline.account",
        "account_set.pipeline.region",
        "account_set.stages.dev.execution_policy",
        "account_set.stages.dev.region",
        "account_set.stages.dev.root_email",
        "account_set.stages.preprod.organizational_unit",
        "account_set.stages.prod.root_email",
        "account_set.stages.prod.size",
        "account_set.stages.test",
        "account_type",
        "purpose",
    ];
    assert_eq!(fields, expected);
    assert_eq!(stage.world.snapshot(), before, "nothing is stored");
}

#[tokio::test]
async fn who_approved_a_set_stands_in_the_trail_of_each_of_its_accounts() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[]).await;
    approved(&mut stage, id).await;
    stage.world.settle().await;
    let member = stage.world.history(&id.member(StageName::Prod).to_string()).await;
    let who: Vec<_> = member
        .iter()
        .filter(|recorded| matches!(recorded.event, Event::ApprovalGiven { .. }))
        .map(|recorded| recorded.actor.email.clone())
        .collect();
    assert_eq!(who, ["grace@example.com", "heidi@example.com"]);
    let view = stage.world.request(&id.member(StageName::Prod).to_string()).await;
    assert_eq!(view["set"], json!({"request_id": id.to_string(), "name": "fraud", "stage": "prod"}));
    stage.ends(id, State::Ready).await;
}

#[tokio::test]
async fn one_accounts_failed_blueprint_is_removed_and_the_retry_begins_it_anew() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[("preprod", "ml+fail-blueprint@example.com")]).await;
    approved(&mut stage, id).await;
    stage.settle(id).await;
    assert_eq!(stages(&stage, id).await, ["dev ready", "preprod failed", "prod ready"]);
    let ada = Actor::person("ada@example.com", Channel::Api);
    let (service, preprod) = (stage.world.service.clone(), Some(StageName::Preprod));
    let length = async |stage: &Stage, name| stage.world.history(&id.member(name).to_string()).await.len();
    let before = (length(&stage, StageName::Dev).await, length(&stage, StageName::Prod).await);

    stage.note(&service.roll_back(id, None, &ada).await.expect_err("of which account?").sentence());
    let eve = Actor::person("eve@example.com", Channel::Api);
    for stage in [None, preprod, Some(StageName::Dev)] {
        assert!(matches!(service.roll_back(id, stage, &eve).await, Err(ServiceError::NotFound)), "{stage:?}");
    }
    assert!(matches!(service.retry(id.member(StageName::Preprod), &eve).await, Err(ServiceError::NotFound)));
    service.roll_back(id, Some(StageName::Dev), &ada).await.expect_err("dev is ready and stays");
    service.roll_back(id, preprod, &ada).await.expect("a rollback");
    assert!(matches!(service.retry(id, &eve).await, Err(ServiceError::NotFound)), "Eve does not learn of it");
    let early = service.retry(id, &ada).await.expect_err("it is being removed");
    assert!(matches!(early, ServiceError::Refused(Refusal::BeingRolledBack)), "{}", early.sentence());
    stage.settle(id).await;
    let view = stage.world.request(&id.to_string()).await;
    assert_eq!(view["state"], "failed", "it stays failed until somebody retries");
    let status = view["account_set"]["stages"][1]["status"].as_str().expect("a sentence").to_owned();
    assert!(status.contains("is removed"), "{status}");
    assert!(view["failure"]["advice"].as_str().expect("advice").contains("from nothing"), "{view}");
    service.roll_back(id, preprod, &ada).await.expect_err("nothing is left of it");

    service.retry(id, &ada).await.expect("a retry");
    stage.settle(id).await;
    assert_eq!((length(&stage, StageName::Dev).await, length(&stage, StageName::Prod).await), before, "left alone");
    let history = stage.world.history(&id.member(StageName::Preprod).to_string()).await;
    let created = history.iter().filter(|recorded| matches!(recorded.event, Event::CreationStarted { .. })).count();
    assert_eq!(created, 1, "account creation is never touched again");
    stage.ends(id, State::Ready).await;
}

#[tokio::test]
async fn a_rollback_that_meets_a_retry_comes_to_its_end_before_the_account_goes_on() {
    let mut stage = Stage::new().await;
    let id = asked(&stage, &[("dev", "ml+fail-blueprint@example.com")]).await;
    approved(&mut stage, id).await;
    stage.settle(id).await;
    let ada = Actor::person("ada@example.com", Channel::Api);
    let service = stage.world.service.clone();
    // The retry is on its way when the rollback is asked for. By Heidi: she decides on sets, as on production
    // accounts, though dev alone would not be hers.
    service.retry(id, &ada).await.expect("a retry");
    let heidi = Actor::person("heidi@example.com", Channel::Api);
    service.roll_back(id, Some(StageName::Dev), &heidi).await.expect("a rollback");
    stage.settle(id).await;
    let history = stage.world.history(&id.member(StageName::Dev).to_string()).await;
    let at = |is: fn(&Event) -> bool| history.iter().position(|recorded| is(&recorded.event)).expect("it happened");
    assert!(at(|event| matches!(event, Event::RolledBack { .. })) < at(|event| matches!(event, Event::RetryRequested)));
    stage.ends(id, State::Ready).await;
}
