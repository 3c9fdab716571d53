//! An account set in the terminal: shown, listed, watched and rolled back as a set.

use serde_json::{Value, json};

use super::against_a_server::{Scripted, request, with};

fn stage(name: &str, state: &str, more: Value) -> Value {
    let usual = json!({
        "stage": name, "state": state, "status": format!("It is {state}."), "request_id": null,
        "account_name": format!("fraud-{name}"), "account_type": "Production",
        "root_email": format!("ml-{name}@example.com"), "organizational_unit": "Workloads (ou-ab12-3c4d5e6f)",
        "region": "eu-central-1", "blueprint": "mlops-stage", "blueprint_parameters": {"StageName": name},
        "execution_policy": "least-privilege", "vpc_cidr": "10.1.0.0/16", "account_id": null, "queue_place": null,
        "progress": null, "failure": null, "can_roll_back": false,
    });
    with(usual, more)
}

/// A set with these accounts.
fn set(state: &str, stages: &[Value]) -> Value {
    let set = json!({
        "name": "fraud", "pipeline": {"account": "111122223333", "region": "eu-west-1", "execution_policy": "AdministratorAccess"},
        "default_region": "eu-central-1", "stages": stages, "bootstraps": {},
    });
    with(
        request(state),
        json!({"account_set": set, "account_name": "fraud", "account_type": "Production", "blueprint": null, "blueprint_parameters": {}}),
    )
}

fn failed() -> Value {
    let failure = json!({"step": "blueprint_deployment", "reason": "The key could not be made.", "advice": "Retry.", "retryable": true});
    set(
        "failed",
        &[
            stage("dev", "ready", json!({"account_id": "444455556666", "execution_policy": "AdministratorAccess"})),
            stage(
                "preprod",
                "failed",
                json!({"failure": failure, "account_id": "777788889999", "can_roll_back": true}),
            ),
            stage("prod", "queued", json!({"queue_place": 2})),
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_shown_as_a_set() {
    let (_server, vend) = Scripted::start(vec![(200, failed())]).await;
    insta::assert_snapshot!(vend.run(&["requests", "show", "req-6s7t8v9w"]).with_code(0).out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_set_tells_where_its_files_are() {
    let done = with(
        set(
            "ready",
            &["dev", "preprod", "prod"].map(|name| stage(name, "ready", json!({"account_id": "444455556666"}))),
        ),
        json!({}),
    );
    let (_server, vend) = Scripted::start(vec![(200, done)]).await;
    for verb in ["show", "watch"] {
        let out = vend.run(&["requests", verb, "req-6s7t8v9w"]).with_code(0).out;
        assert!(out.contains("vend requests artefacts req-6s7t8v9w --out ."), "{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_calls_a_set_a_set() {
    let page = json!({"requests": [failed()], "next_cursor": null});
    let (_server, vend) = Scripted::start(vec![(200, page)]).await;
    let out = vend.run(&["requests", "list"]).with_code(0).out;
    assert!(out.contains("fraud  account set  mlops-stage"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_each_change_of_each_account() {
    let creating = |done| {
        let progress = json!({"progress": {"phase": "Enrolling the account", "done": done, "total": 5}});
        set(
            "creating",
            &[
                stage("dev", "creating", progress),
                stage("preprod", "queued", json!({"queue_place": 1})),
                stage("prod", "pending", json!({})),
            ],
        )
    };
    let script = vec![(200, creating(2)), (200, creating(2)), (200, creating(3)), (200, failed())];
    let (_server, vend) = Scripted::start(script).await;
    let ended = vend.run(&["requests", "watch", "req-6s7t8v9w", "--every", "0.05"]).with_code(1);
    insta::assert_snapshot!(ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_names_the_account_of_the_set() {
    let (server, vend) = Scripted::start(vec![(200, failed())]).await;
    let out = vend.run(&["requests", "rollback", "req-6s7t8v9w", "--stage", "preprod"]).with_code(0).out;
    assert!(out.contains("What was created of the blueprint of preprod is being removed now."), "{out}");
    let (_, path, _, body) = server.calls().remove(0);
    assert_eq!((path.as_str(), body), ("/api/v1/requests/req-6s7t8v9w/rollback", json!({"stage": "preprod"})));
}
