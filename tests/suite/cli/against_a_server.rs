//! Client commands against a server that answers what the test says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};

use super::run::Vend;

/// A request that reached the server: method, path with query, headers, body.
pub(super) type Call = (Method, String, HeaderMap, Value);

/// Answers from a script, the last one for ever.
#[derive(Clone, Default)]
pub(super) struct Scripted {
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Scripted {
    /// A server with this script and a `vend` that talks to it.
    pub(super) async fn start(answers: Vec<(u16, Value)>) -> (Self, Vend) {
        let scripted = Self { answers: Arc::new(Mutex::new(answers)), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(scripted.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (scripted, Vend::new(&[("VEND_SERVER", &url)]))
    }

    /// The same, with a `vend` that is not told where the server is.
    async fn start_unnamed(answers: Vec<(u16, Value)>) -> (Self, Vend, u16) {
        let (scripted, named) = Self::start(answers).await;
        let (_, port) = named.value("VEND_SERVER").rsplit_once(':').unwrap();
        (scripted, Vend::new(&[]), port.parse().unwrap())
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn answer(
    State(server): State<Scripted>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> (StatusCode, String) {
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    server.calls.lock().unwrap().push((method, uri.to_string(), headers, body));
    let mut answers = server.answers.lock().unwrap();
    let (status, value) = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
    (StatusCode::from_u16(status).unwrap(), value.to_string())
}

pub(super) fn request(state: &str) -> Value {
    json!({
        "id": "01JCZK5W8Q2M3N4P5R6S7T8V9W", "short_id": "req-6s7t8v9w", "state": state,
        "status": format!("It is {state}."), "account_name": "ana-demo", "account_type": "Sandbox",
        "root_email": "ana+1@example.com", "organizational_unit": "Demos (ou-ab12-7a8b9c0d)",
        "blueprint": "mlops-eks", "blueprint_version": "1.0.0", "blueprint_parameters": {"cidr_block": "10.0.0.0/20"},
        "purpose": "a demo\u{1b}[2J", "cost_centre": null, "tags": {},
        "requester": {"email": "ana@example.com", "first_name": "Ana", "last_name": "Silva"},
        "created_at": "2026-11-21T10:00:00Z", "expires_at": "2026-11-23T10:00:00Z",
        "queue_place": null, "estimate_seconds": null, "progress": null, "account_id": null, "outputs": {},
        "failure": null, "can_roll_back": false, "being_rolled_back": false, "decisions": [], "approvals_needed": 1, "policy_rule": "one approval",
        "preflight": [{"field": "purpose", "passed": true, "text": "The purpose is given"}],
        "parameters_hash": "00", "monthly_cost": null, "account_set": null, "set": null, "region": null, "submitted_by": null,
    })
}

pub(super) fn with(mut request: Value, mut more: Value) -> Value {
    request.as_object_mut().unwrap().append(more.as_object_mut().unwrap());
    request
}

fn problem(status: u16, detail: &str) -> (u16, Value) {
    (status, json!({"type": "urn:vend:problem:x", "title": "No", "status": status, "detail": detail}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_a_neat_table_and_reads_page_after_page() {
    let first = json!({"requests": [request("pending")], "next_cursor": "01JCZK5W8Q2M3N4P5R6S7T8V9W"});
    let second = json!({"requests": [with(request("ready"), json!({"blueprint": null}))], "next_cursor": null});
    let (server, vend) = Scripted::start(vec![(200, first), (200, second)]).await;
    let out = vend.run(&["requests", "list", "--requester", "ana@example.com"]).with_code(0).out;
    insta::assert_snapshot!(out, @r#"
    REQUEST       STATE    NAME      TYPE     BLUEPRINT  REQUESTER        ASKED
    req-6s7t8v9w  pending  ana-demo  Sandbox  mlops-eks  ana@example.com  2026-11-21 10:00
    req-6s7t8v9w  ready    ana-demo  Sandbox  none       ana@example.com  2026-11-21 10:00
    "#);
    let paths: Vec<_> = server.calls().into_iter().map(|call| call.1).collect();
    assert_eq!(
        paths,
        [
            "/api/v1/requests?requester=ana%40example.com&limit=20",
            "/api/v1/requests?requester=ana%40example.com&cursor=01JCZK5W8Q2M3N4P5R6S7T8V9W&limit=19",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_shown_whole_and_cannot_steer_the_terminal() {
    let failure = json!({"step": "account_creation", "reason": "The quota is used up.", "advice": "Raise it, then retry.", "retryable": true});
    let decision = json!({"by": "approver@example.com", "at": "2026-11-21T11:00:00Z", "decision": "approve", "reason": "fine", "channel": "mail"});
    let failed = with(request("failed"), json!({"failure": failure, "decisions": [decision]}));
    let (_server, vend) = Scripted::start(vec![(200, failed.clone())]).await;
    insta::assert_snapshot!(vend.run(&["requests", "show", "req-6s7t8v9w"]).with_code(0).out, @r#"
    req-6s7t8v9w  ana-demo  failed  It is failed.

      id                    01JCZK5W8Q2M3N4P5R6S7T8V9W
      type                  Sandbox account
      root e-mail           ana+1@example.com
      organizational unit   Demos (ou-ab12-7a8b9c0d)
      blueprint             mlops-eks 1.0.0
      purpose               a demo [2J
      requester             Ana Silva <ana@example.com>
      asked at              Sat 21 Nov 2026, 10:00 UTC
      approval              one approval

    Parameters
      cidr_block = 10.0.0.0/20

    Checks
      ✓ The purpose is given

    Decisions
      approved by approver@example.com on Sat 21 Nov 2026, 11:00 UTC (mail): fine

    What went wrong
      account creation: The quota is used up.
      Raise it, then retry.
    "#);
    let json: Value = serde_json::from_str(&vend.run(&["requests", "show", "req-6s7t8v9w", "--json"]).out).unwrap();
    assert_eq!(json, failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_every_change_and_ends_as_the_request_ends() {
    let creating = with(
        request("creating"),
        json!({"progress": {"phase": "Enrolling the account", "done": 2, "total": 6}, "estimate_seconds": 40}),
    );
    let queued = with(request("queued"), json!({"queue_place": 3}));
    let ready = with(request("ready"), json!({"account_id": "123456789012", "outputs": {"VpcId": "vpc-1"}}));
    let script = [request("pending"), queued, creating.clone(), creating, ready].map(|r| (200, r)).to_vec();
    let (_server, vend) = Scripted::start(script).await;
    let out = vend.run(&["requests", "watch", "req-6s7t8v9w", "--every", "0.05"]).with_code(0).out;
    insta::assert_snapshot!(out, @r#"
    pending: It is pending.
    queued: It is queued. · place 3 in the queue
    creating: It is creating. · Enrolling the account (2 of 6) · about 40 s to go
    ready: It is ready.
    account id: 123456789012
    VpcId: vpc-1
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_of_what_does_not_become_ready_fails() {
    for state in ["failed", "denied", "cancelled", "expired", "abandoned"] {
        let (_server, vend) = Scripted::start(vec![(200, request(state))]).await;
        vend.run(&["requests", "watch", "req-6s7t8v9w"]).with_code(1);
    }
    let (_server, vend) = Scripted::start(vec![(200, request("pending"))]).await;
    let args = ["requests", "watch", "req-6s7t8v9w", "--every", "0.05", "--timeout", "0.1", "--json"];
    let ended = vend.run(&args).with_code(6);
    assert_eq!(ended.out.lines().count(), 1, "one line a change: {ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_outlives_a_restart_of_the_server() {
    let script = vec![(200, request("pending")), problem(503, "Busy."), (200, request("ready"))];
    let (_server, vend) = Scripted::start(script).await;
    let ended = vend.run(&["requests", "watch", "req-6s7t8v9w", "--every", "0.05"]).with_code(0);
    assert!(ended.err.contains("Busy. Trying again."), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_in_the_servers_words_with_its_exit_code() {
    for (status, code) in [(404, 3), (409, 4), (403, 4), (401, 4), (422, 4), (500, 1), (503, 1)] {
        let (_server, vend) = Scripted::start(vec![problem(status, "Here is what to do.")]).await;
        let ended = vend.run(&["requests", "approve", "req-6s7t8v9w"]).with_code(code);
        assert!(ended.err.starts_with("vend: Here is what to do."), "{ended:?}");
        assert_eq!(ended.out, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_carry_the_reason_and_the_token() {
    let (server, vend) = Scripted::start(vec![(200, request("denied"))]).await;
    let vend = vend.with("VEND_TOKEN", "vendtok_x");
    vend.run(&["requests", "deny", "req-6s7t8v9w", "--reason", "too dear"]).with_code(0);
    let (method, path, headers, body) = server.calls().remove(0);
    assert_eq!((method, path.as_str()), (Method::POST, "/api/v1/requests/req-6s7t8v9w/deny"));
    assert_eq!(headers["authorization"], "Bearer vendtok_x");
    assert_eq!(body, json!({"reason": "too dear"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_request_can_be_repeated_without_harm() {
    let (server, vend) = Scripted::start(vec![(201, request("pending"))]).await;
    let args = "requests create --account-type Sandbox --root-email ana+1@example.com --organizational-unit Demos \
                --purpose demo --blueprint mlops-eks --parameter project=x --tag team=ml \
                --email ana@example.com --first-name Ana --last-name Silva --idempotency-key once";
    let args: Vec<_> = args.split_whitespace().collect();
    let ended = vend.run(&args).with_code(0);
    assert!(ended.out.contains("vend requests watch req-6s7t8v9w"), "{ended:?}");
    let (_, _, headers, body) = server.calls().remove(0);
    assert_eq!(headers["idempotency-key"], "once");
    assert_eq!(body["organizational_unit"], "Demos");
    assert_eq!(body["blueprint_parameters"]["project"], "x");
    assert_eq!(body["requester"]["email"], "ana@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_looked_for_where_the_configuration_has_it_listen() {
    let (server, vend, port) =
        Scripted::start_unnamed(vec![(200, json!({ "requests": [], "next_cursor": null }))]).await;
    // What else is wrong with the server's configuration, or secret, is its own business.
    let text = format!("[server]\nlisten = \"0.0.0.0:{port}\"\n[store]\npaht = 1\n[mail]\nbackend = \"smtp\"\n");
    std::fs::write(vend.path().join("vend.toml"), &text).unwrap();
    vend.run(&["requests", "list"]).with_code(0);
    std::fs::rename(vend.path().join("vend.toml"), vend.path().join("other.toml")).unwrap();
    vend.run(&["requests", "list", "--config", "other.toml"]).with_code(0);
    let vend = vend.with("VEND_CONFIG", "other.toml");
    vend.run(&["requests", "list"]).with_code(0);
    assert_eq!(server.calls().len(), 3);
    let elsewhere = vend.run(&["requests", "list", "--server", "http://127.0.0.1:1"]).with_code(5);
    assert!(elsewhere.err.contains("http://127.0.0.1:1."), "{elsewhere:?}");
    let vend = Vend::new(&[("VEND_SERVER__LISTEN", &format!("127.0.0.1:{port}"))]);
    vend.run(&["requests", "list"]).with_code(0);
    let vend = vend.with("VEND_SERVER__LISTEN", "here");
    assert!(vend.run(&["requests", "list"]).with_code(2).err.contains("server.listen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_shown_with_times_people_read_and_with_what_can_be_done_now() {
    let failure = json!({"step": "blueprint_deployment", "reason": "No room.", "advice": "Retry.", "retryable": true});
    let said = json!([{"by": "grace@example.com", "at": "2026-11-21T10:30:00.123456789Z", "decision": "approve", "reason": null, "channel": "mail"}]);
    let failed = json!({"failure": failure, "decisions": said, "can_roll_back": true, "created_at": "2026-11-21T10:00:00.123456789Z"});
    let (_server, vend) =
        Scripted::start(vec![(200, with(request("failed"), failed)), (200, request("pending"))]).await;
    let out = vend.run(&["requests", "show", "req-6s7t8v9w"]).with_code(0).out;
    assert!(
        out.contains("Sat 21 Nov 2026, 10:00 UTC") && out.contains("approved by grace@example.com on Sat 21"),
        "{out}"
    );
    assert!(!out.contains("123456789") && !out.contains("decide before"), "{out}");
    assert!(
        out.contains("To begin the blueprint anew instead: vend requests rollback req-6s7t8v9w, then retry"),
        "{out}"
    );
    let out = vend.run(&["requests", "show", "req-6s7t8v9w"]).with_code(0).out;
    assert!(out.contains("decide before         Mon 23 Nov 2026, 10:00 UTC"), "{out}");
}
