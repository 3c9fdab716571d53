//! Who counts as one person, as their own requester, and as one too many: a plus tag, another
//! workspace, a token for others, a policy that changed, sixty calls at one moment (P4, P6).

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use futures::future::join_all;
use serde_json::json;
use vend::config::Scope;
use vend::domain::person::{Actor, Channel, SlackUser};
use vend::service::{Decide, ServiceError};

use crate::fakes::pages::must_be_a_page;
use crate::fakes::requests::requester;
use crate::fakes::world::{Setup, World, sandbox};
use crate::promises;

const TWO: &str = "\
requesters: [{who: ['*']}]
approvals:
  - name: all
    approvals: 2
    approvers: [approver@example.com, approver+other@example.com, second@corp.example]
";

const YES: Decide = Decide::Approve { reason: None };

fn by_mail(email: &str) -> Actor {
    Actor::person(email, Channel::Mail)
}

/// A sandbox for somebody with this address; its id.
async fn asked_by(world: &World, email: &str) -> String {
    let mut body = sandbox("ada+sandbox@example.com");
    body["requester"]["email"] = json!(email);
    let made = world.post("/api/v1/requests", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    world.settle().await;
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_approver_under_a_plus_tag_does_not_decide_their_own_request() {
    let world = World::new().await;
    let id = asked_by(&world, "approver+x@example.com").await;
    assert!(world.mails().iter().all(|mail| mail.to != "approver@example.com"), "nobody is asked about their own");
    let refused = world.service.decide(id.parse().unwrap(), &by_mail("approver@example.com"), YES).await;
    assert!(matches!(refused, Err(ServiceError::NotAllowed(_))), "{refused:?}");
    world.settle().await;
    assert_eq!(world.request(&id).await["state"], "pending");
}

#[tokio::test]
async fn a_slack_user_is_the_same_person_in_another_workspace() {
    let world = World::new().await;
    let user = |team: &str| SlackUser { team: team.into(), user: "U1".into() };
    let asking = vend::domain::person::Requester { slack: Some(user("T1")), ..requester("ann@corp.example") };
    let mut draft = sandbox("ada+sandbox@example.com");
    draft.as_object_mut().unwrap().remove("requester");
    let draft = serde_json::from_value(draft).unwrap();
    let actor = Actor { slack: Some(user("T1")), ..Actor::person("ann@corp.example", Channel::Slack) };
    let made = world.service.submit(&draft, &asking, &actor, None).await.unwrap();
    let elsewhere = Actor { slack: Some(user("T2")), ..Actor::person("approver@example.com", Channel::Slack) };
    let refused = world.service.decide(made.id.parse().unwrap(), &elsewhere, YES).await;
    assert!(matches!(refused, Err(ServiceError::NotAllowed(_))), "{refused:?}");
}

#[tokio::test]
async fn one_mailbox_agrees_once() {
    let world = Setup::default().policy(TWO).build().await;
    let id = asked_by(&world, "ada@example.com").await;
    let request = id.parse().unwrap();
    world.service.decide(request, &by_mail("approver@example.com"), YES).await.unwrap();
    let again = world.service.decide(request, &by_mail("approver+other@example.com"), YES).await.unwrap();
    assert!(!again.changed);
    world.settle().await;
    assert_eq!(world.request(&id).await["state"], "pending");
    world.service.decide(request, &by_mail("second@corp.example"), YES).await.unwrap();
    world.settle().await;
    assert_eq!(world.request(&id).await["state"], "ready");
}

#[tokio::test]
async fn who_asked_for_somebody_else_does_not_decide_it() {
    let mut setup = Setup::default().with_tokens();
    setup.auth.tokens.iter_mut().find(|token| token.name == "approver").unwrap().scopes =
        vec![Scope::Request, Scope::Approve, Scope::Admin];
    let world = setup.build().await;
    let approver = world.who("approver");
    let made = approver.post("/api/v1/requests", &sandbox("ada+sandbox@example.com")).await.json();
    let id = made["id"].as_str().unwrap();
    let refused = approver.post(&format!("/api/v1/requests/{id}/approve"), &json!({})).await;
    refused.must_be_a_problem(403);
    assert!(refused.text().contains("your own request"), "{}", refused.text());
    assert_eq!(world.service.show(id.parse().unwrap()).await.unwrap().state.word(), "pending");
}

#[tokio::test]
async fn approvers_read_that_an_operator_asked_for_somebody_else() {
    let world = Setup::default().with_tokens().build().await;
    let made = world.who("olga").post("/api/v1/requests", &sandbox("ada+sandbox@example.com")).await.json();
    assert_eq!(made["submitted_by"], "olga@example.com");
    world.settle().await;
    let mail = world.mails().into_iter().find(|mail| mail.to == "approver@example.com").expect("an approver is asked");
    assert!(mail.text.contains("olga@example.com asks on behalf of Ada Lovelace for a new Sandbox"), "{}", mail.text);
}

#[tokio::test]
async fn what_is_said_for_somebody_else_is_on_record_as_said_by_who_said_it() {
    let world = Setup::default().with_tokens().build().await;
    let say = |text: &str| json!({"UserEmail": "ada@example.com", "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": text});
    let first = "I need a Sandbox account in Demos with ada+root@example.com, no blueprint, for card fraud scoring";
    world.who("olga").post("/account", &say(first)).await;
    let made = world.who("olga").post("/account", &say("yes")).await.json();
    let history = world.history(made["request-id"].as_str().expect("a request")).await;
    assert_eq!(history[0].actor.email, "olga@example.com");
}

#[tokio::test]
async fn a_policy_that_asks_for_more_counts_for_requests_made_before() {
    let world = World::new().await;
    let id = asked_by(&world, "ada@example.com").await;
    let world = world.restart_under(TWO).await;
    let request = id.parse().unwrap();
    world.service.decide(request, &by_mail("approver@example.com"), YES).await.unwrap();
    world.settle().await;
    assert_eq!(world.request(&id).await["state"], "pending", "two must agree now");
    world.service.decide(request, &by_mail("second@corp.example"), YES).await.unwrap();
    world.settle().await;
    assert_eq!(world.request(&id).await["state"], "ready");
    promises::assert_kept(&world.evidence().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_limit_of_open_requests_holds_however_many_are_made_at_once() {
    let world = World::new().await;
    let bodies: Vec<_> = (0..60).map(|n| sandbox(&format!("ada+{n}@example.com"))).collect();
    let answers = join_all(bodies.iter().map(|body| world.post("/api/v1/requests", body))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 5, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    assert!(answers.iter().filter(|answer| answer.status != 201).all(|answer| answer.status == 422));
}

#[tokio::test]
async fn a_reason_that_is_too_long_is_told_and_decides_nothing() {
    let world = World::new().await;
    let id = asked_by(&world, "ada@example.com").await;
    let long = "x".repeat(501);
    for verb in ["approve", "cancel"] {
        let answer = world.post(&format!("/api/v1/requests/{id}/{verb}"), &json!({"reason": long})).await;
        answer.must_be_a_problem(422);
        assert_eq!(answer.faulty_fields(), ["reason"], "{verb}");
    }
    world.post(&format!("/account/confirm/{id}"), &json!({"reason": long})).await.must_be_a_problem(422);
    let (path, token) = crate::fakes::pages::link(&world);
    let form = [("t", token.as_str()), ("decision", "approve"), ("reason", &long), ("account_name", "ada-sandbox")];
    must_be_a_page(&world.anyone().post_form(&path, &form).await, 422, "500");
    assert_eq!(world.request(&id).await["state"], "pending");
}

#[tokio::test]
async fn who_floods_the_routes_does_not_make_the_server_look_dead() {
    let mut setup = Setup::default();
    setup.limits.per_minute = 2.try_into().unwrap();
    let world = setup.build().await;
    let statuses = join_all((0..20).map(|_| world.get("/api/v1/requests"))).await;
    assert!(statuses.iter().any(|answer| answer.status == 429));
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
}

/// What a call without a token is answered that comes from `peer` with this `X-Forwarded-For`.
async fn forwarded(world: &World, peer: &str, header: &str) -> u16 {
    let request = Request::get("/api/v1/requests").header("host", "127.0.0.1:8080").header("x-forwarded-for", header);
    let peer = ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 50_123));
    world.anyone().send(request.extension(peer).body(Body::empty()).unwrap()).await.0
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_caller_has_a_rate_of_their_own() {
    let mut setup = Setup::default().with_tokens();
    setup.limits.per_minute = 2.try_into().unwrap();
    setup.limits.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let world = setup.build().await;
    for invented in ["203.0.113.1", "203.0.113.2"] {
        assert_eq!(forwarded(&world, "10.0.0.1", &format!("{invented}, 198.51.100.7")).await, 401);
    }
    assert_eq!(forwarded(&world, "10.0.0.2", "203.0.113.3, 198.51.100.7").await, 429, "by whichever proxy");
    assert_eq!(forwarded(&world, "10.0.0.1", "198.51.100.8").await, 401, "another caller");

    for invented in ["203.0.113.4", "203.0.113.5"] {
        assert_eq!(forwarded(&world, "198.51.100.9", invented).await, 401);
    }
    assert_eq!(forwarded(&world, "198.51.100.9", "203.0.113.6").await, 429, "who connects without a proxy of ours");
}

#[tokio::test]
async fn a_trusted_proxy_makes_nobody_the_operator() {
    let mut setup = Setup::default();
    setup.limits.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let world = setup.build().await;
    assert_eq!(forwarded(&world, "127.0.0.1", "127.0.0.1").await, 403);
}
