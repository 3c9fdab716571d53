//! However often a delivery comes, it has one effect (P9); however many workers
//! look after a card, there is one.

use std::fmt::Write as _;
use std::time::Duration;

use vend::domain::request::State;
use vend::service::slack::refresh;

use super::house::{FILLED, House, Setup};
use super::payloads::{self, Delivery};
use crate::fakes::faults::{Fault, Faults};
use crate::fakes::slack::APPROVALS;

/// One of every kind of delivery, made in a house with a pending request.
async fn delivery(house: &House, kind: &str) -> Delivery {
    let (mine, card) = house.a_pending_request().await;
    let slack = &house.slack;
    let id = card.button("Approve").1;
    match kind {
        "direct message" => payloads::direct(slack, "UBOB", "Hi, I would like a new account please!"),
        "mention" => payloads::mention(slack, "UBOB", "I need an account").1[0].clone(),
        "home" => payloads::home_opened(slack, "UADA"),
        "talk" => payloads::command(slack, "UBOB", "new I would like a new account please"),
        "list" => payloads::command(slack, "UADA", "list"),
        "approve by command" => payloads::command(slack, "UGRACE", &format!("approve {id}")),
        "approve" => payloads::press(slack, "UGRACE", &card, "Approve"),
        "cancel" => payloads::press(slack, "UADA", &mine, "Cancel request"),
        "deny" => {
            house.press("UGRACE", &card, "Deny…").await;
            payloads::submit("UGRACE", &slack.form(), &[("reason", "Not now")])
        }
        _ => {
            house.deliver(&payloads::command(slack, "UBOB", "")).await;
            let mut fields = FILLED;
            fields[1].1 = "another-root@corp.example";
            payloads::submit("UBOB", &slack.form(), &fields)
        }
    }
}

/// What is to be seen after `times` copies: messages, requests, audit trail.
async fn effect(kind: &str, times: u32) -> String {
    let house = House::new().await;
    let delivery = delivery(&house, kind).await;
    house.deliver_times(&delivery, times).await;
    let mut seen = format!("{:#?}", house.slack.read_everything());
    for request in house.requests().await {
        write!(seen, "\n{} {:?}", request.account_name, request.state).unwrap();
        write!(seen, " {} events", house.world.history(&request.id).await.len()).unwrap();
    }
    seen
}

#[tokio::test]
async fn every_kind_of_delivery_has_one_effect_however_often_it_comes() {
    for kind in
        ["direct message", "mention", "home", "talk", "list", "approve by command", "approve", "cancel", "deny", "form"]
    {
        let once = effect(kind, 1).await;
        for times in 2..=4 {
            assert_eq!(effect(kind, times).await, once, "{kind} delivered {times} times");
        }
    }
}

/// What Ada says in one conversation; each answer would be another one's, taken twice.
const TALK: [&str; 5] = [
    "I need a sandbox account in Demos with fraud-root@corp.example",
    "mlops-eks",
    "card fraud scoring",
    "project is fraud",
    "yes",
];

/// What she reads until her request is made, what becomes of it when one write of a value goes
/// wrong, and how many writes there were.
async fn talk(nth: usize, fault: Fault) -> (String, usize) {
    let setup = Setup::default();
    let faults = Faults::none(&setup.clock).on("store.put", nth, fault);
    let house = House::with(Setup { faults: Some(faults.clone()), ..setup }).await;
    for text in TALK {
        house.deliver(&payloads::direct(&house.slack, "UADA", text)).await;
        house.live(5).await;
    }
    let read = house.slack.read_everything().into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("\n");
    // A question whose place could not be noted keeps its buttons; they say that it is over.
    let said = read.lines().filter(|line| !line.starts_with('[') && !line.starts_with("Answered: "));
    let talked = said
        .take_while(|line| !line.starts_with("Done: request") && !line.starts_with("# "))
        .collect::<Vec<_>>()
        .join("\n");
    let made = house.the_request(State::Pending).await;
    (format!("{talked}{:?} {}", made.blueprint_parameters, made.purpose), faults.calls_of("store.put").len())
}

#[tokio::test]
async fn a_turn_is_taken_once_whatever_write_of_it_goes_wrong() {
    let (well, writes) = talk(usize::MAX, Fault::FailBefore).await;
    for nth in 1..=writes {
        for fault in [Fault::FailBefore, Fault::LoseAnswer] {
            assert_eq!(talk(nth, fault).await.0, well, "{fault:?} at write {nth} of {writes}");
        }
    }
}

#[tokio::test]
async fn two_workers_at_one_card_leave_one_card() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    let id = card.button("Approve").1.parse().unwrap();
    let service = &house.world.service;
    let outcomes = tokio::join!(refresh(service, id), refresh(service, id), refresh(service, id));
    assert!(outcomes.0.is_ok() || outcomes.1.is_ok() || outcomes.2.is_ok(), "{outcomes:?}");
    house.work().await;
    assert_eq!((house.slack.count_in("DUADA"), house.slack.count_in(APPROVALS)), (1, 1));
    assert!(house.slack.look_at(&mine).words().contains("Waiting for an approver"));
}

#[tokio::test]
async fn people_in_line_see_their_place_and_how_they_move_up() {
    let house = House::with(Setup { max_concurrent: 1, ..Setup::default() }).await;
    let mut cards = Vec::new();
    for nth in 0..3 {
        let mut fields = FILLED;
        let email = format!("root-{nth}@corp.example");
        fields[1].1 = &email;
        house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
        house.deliver(&payloads::submit("UADA", &house.slack.form(), &fields)).await;
        cards.push(house.slack.read("DUADA"));
        let card = house.slack.read(APPROVALS);
        house.press("UGRACE", &card, "Approve").await;
        house.slack.read_aside("UGRACE");
        // The line is ordered by arrival.
        house.world.clock.advance(Duration::from_secs(1));
    }
    let seen = |nth: usize| house.slack.look_at(&cards[nth]).words();
    assert!(seen(1).contains("place 1 in line") && seen(2).contains("place 2 in line"), "{}\n{}", seen(1), seen(2));
    while !seen(1).contains("▶️ Creating") {
        house.live(5).await;
    }
    assert!(seen(0).contains("How to sign in"));
    assert!(seen(2).contains("place 1 in line"), "{}", seen(2));
    house.live(600).await;
    assert!(seen(2).contains("How to sign in"));
    assert!(house.requests().await.iter().all(|request| request.state == State::Ready));
    house.slack.read_everything();
}
