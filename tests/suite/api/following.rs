//! The audit trail over REST: read at once, followed live, resumed.

use axum::body::BodyDataStream;
use axum::http::Method;
use futures::StreamExt as _;
use serde_json::{Value, json};
use vend::ports::clock::Clock as _;
use vend::ports::store::RequestStore as _;

use crate::fakes::requests;
use crate::fakes::world::{World, account_set, sandbox};

/// Server-sent events as they arrive.
struct Frames {
    body: BodyDataStream,
    text: String,
}

impl Frames {
    async fn open(world: &World, id: &str, last: Option<&str>) -> Self {
        let path = format!("/api/v1/requests/{id}/events");
        let accept = [("accept", "text/event-stream")];
        let last = last.map(|last| ("last-event-id", last));
        let headers: Vec<_> = accept.into_iter().chain(last).collect();
        let (status, headers, body) = world.anyone().open(Method::GET, &path, &headers, "").await;
        assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/event-stream"));
        Self { body: body.into_data_stream(), text: String::new() }
    }

    /// The next event's id and data; `None` at the end.
    async fn next(&mut self) -> Option<(u64, Value)> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                let line = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(id), Some(data)) = (line("id: "), line("data: ")) {
                    return Some((id.parse().unwrap(), serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn rest(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some((id, event)) = self.next().await {
            assert_eq!(event["seq"], id);
            events.push(event);
        }
        events
    }
}

async fn approve(world: &World, id: &str) {
    let answer = world.post(&format!("/api/v1/requests/{id}/approve"), &json!({"reason": "Fine"})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_request_is_followed_to_its_end_and_a_lost_stream_resumed() {
    let world = World::new().await;
    let id = world.submitted().await;
    let mut live = Frames::open(&world, &id, None).await;
    assert_eq!(live.next().await.unwrap().1["event"], "submitted");
    approve(&world, &id).await;
    let (seq, approval) = live.next().await.unwrap();
    assert_eq!((seq, &approval["event"], &approval["reason"]), (2, &json!("approval_given"), &json!("Fine")));

    world.settle().await;
    let rest = live.rest().await;
    assert_eq!(rest.last().unwrap()["event"], "became_ready");
    let all = world.get(&format!("/api/v1/requests/{id}/events")).await.json()["events"].as_array().unwrap().clone();
    assert_eq!(all[2..], rest);

    assert_eq!(Frames::open(&world, &id, Some("4")).await.rest().await, all[4..]);
    let last = all.len().to_string();
    let headers = [("accept", "text/event-stream"), ("last-event-id", last.as_str())];
    let over = world.anyone().call(Method::GET, &format!("/api/v1/requests/{id}/events"), &headers, "").await;
    assert_eq!(over.status, 204, "a browser must not come back for ever");
}

#[tokio::test]
async fn a_change_made_by_another_process_shows_too() {
    let world = World::new().await;
    let id = world.submitted().await;
    let mut live = Frames::open(&world, &id, Some("1")).await;
    let request = world.store.load(id.parse().unwrap()).await.unwrap();
    let commit = requests::next(&request, &requests::grace(), world.clock.now(), requests::denial());
    world.store.commit(commit).await.unwrap();
    assert_eq!(live.next().await.unwrap().1["event"], "denied");
    assert_eq!(live.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let world = World::new().await;
    let id = world.submitted().await;
    let live = Frames::open(&world, &id, Some("1")).await;
    world.stop();
    assert_eq!(live.rest().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_backends_own_text_stays_inside() {
    let world = World::new().await;
    let made = world.post("/api/v1/requests", &sandbox("ada+fail-quota@example.com")).await.json();
    let id = made["id"].as_str().unwrap();
    approve(&world, id).await;
    world.settle().await;
    let stored = serde_json::to_string(&world.history(id).await).unwrap();
    let answer = world.get(&format!("/api/v1/requests/{id}/events")).await;
    let failed = answer.json()["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(failed["event"], "failed");
    assert!(failed["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    for inside in ["\"detail\"", "\"record_id\"", "\"slot\""] {
        assert!(stored.contains(inside), "{inside} is not even stored");
        assert!(!answer.text().contains(inside), "{inside} got out");
    }
}

#[tokio::test]
async fn only_a_number_can_be_resumed_from() {
    let world = World::new().await;
    let id = world.submitted().await;
    for query in ["after=x", "after=-1", "colour=red"] {
        world.get(&format!("/api/v1/requests/{id}/events?{query}")).await.must_be_a_problem(400);
    }
    world.get("/api/v1/requests/req-00000000/events").await.must_be_a_problem(404);
}

#[tokio::test]
async fn the_stream_of_a_set_tells_of_its_accounts_between_its_own_events() {
    let world = World::new().await;
    let body = account_set("least-privilege");
    let id = world.post("/api/v1/requests", &body).await.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/requests/{id}/events");
    let (status, _, stream) = world.anyone().open(Method::GET, &path, &[("accept", "text/event-stream")], "").await;
    assert_eq!(status, 200);
    world.settle().await;
    approve(&world, &id).await;
    world.settle().await;
    let text = axum::body::to_bytes(stream, 1 << 22).await.expect("it ends with the set");
    let text = String::from_utf8(text.to_vec()).expect("text");
    let (of_members, own): (Vec<_>, Vec<_>) =
        text.split("\n\n").filter(|frame| frame.contains("data: ")).partition(|frame| frame.contains("event: member"));
    assert!(
        of_members.iter().all(|frame| !frame.contains("id: ")),
        "a lost stream goes on behind the set's own events"
    );
    assert!(of_members.len() >= 3, "{text}");
    let data = of_members.last().and_then(|frame| frame.split("data: ").nth(1)).expect("data");
    let member: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(
        (&member["state"], member["account_id"].as_str().map(str::len)),
        (&json!("ready"), Some(12)),
        "{member}"
    );
    let seqs: Vec<u64> =
        own.iter().filter_map(|frame| frame.lines().find_map(|line| line.strip_prefix("id: "))?.parse().ok()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "each of its own events once, in order");
}
