//! `/account` with words: a verb is never an answer, and "new" begins anew.

use vend::domain::request::State;
use vend::ports::clock::Clock as _;
use vend::ports::store::RequestStore as _;

use super::house::House;
use super::payloads;
use crate::fakes::requests::{commit, requester, submitted_by};

const OPEN: &str = "sandbox account in Demos with fay1@example.com, no blueprint";

/// Ada types it behind `/account` and reads what only she sees.
async fn types(house: &House, text: &str) -> String {
    house.deliver(&payloads::command(&house.slack, "UADA", text)).await;
    house.slack.read_aside("UADA").words()
}

#[tokio::test]
async fn a_verb_with_words_behind_it_does_not_answer_the_open_question() {
    let house = House::new().await;
    house.say("UADA", OPEN).await;
    assert!(types(&house, "list all").await.contains("no requests yet"));
    for verb in ["status", "cancel", "approve", "deny", "retry", "rollback"] {
        let words = types(&house, &format!("{verb} everything")).await;
        assert!(words.contains(&format!("Which request? Say `/account {verb} req-…`")), "{words}");
    }
    let confirm = house.say("UADA", "Trying out a training job").await.words();
    assert!(confirm.contains("[Yes]"), "the purpose was still asked for: {confirm}");
}

#[tokio::test]
async fn new_drops_what_was_open_and_begins_anew() {
    let house = House::new().await;
    house.say("UADA", OPEN).await;
    types(&house, "new I need a production account").await;
    let question = house.slack.read("DUADA").words();
    assert!(question.contains("root e-mail"), "{question}");
    let confirm = async {
        for text in ["fay2@example.com", "Demos", "none"] {
            house.say("UADA", text).await;
        }
        house.say("UADA", "Scoring payments").await.words()
    };
    let confirm = confirm.await;
    assert!(confirm.contains("fay2@example.com") && !confirm.contains("fay1"), "{confirm}");
}

#[tokio::test]
async fn what_is_written_behind_a_decision_is_kept() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    let id = card.button("Approve").1;
    let approve = payloads::command(&house.slack, "UGRACE", &format!("approve {id} because it is fine"));
    house.deliver(&approve).await;
    house.slack.read_aside("UGRACE");
    let request = house.requests().await.remove(0);
    assert_eq!(request.decisions[0].reason.as_deref(), Some("it is fine"));
    house.live(600).await;
    house.slack.look_at(&mine);
    house.slack.look_at(&card);

    let mut fields = super::house::FILLED;
    fields[1].1 = "another-root@corp.example";
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    house.deliver(&payloads::submit("UADA", &house.slack.form(), &fields)).await;
    let id = house.slack.read("DUADA").button("Cancel request").1;
    types(&house, &format!("cancel {id} the project ended")).await;
    let cancelled = house.requests().await.into_iter().find(|request| request.state == State::Cancelled);
    let reason = cancelled.expect("a cancelled request").decisions[0].reason.clone();
    assert_eq!(reason.as_deref(), Some("the project ended"));
    house.slack.read_everything();
}

#[tokio::test]
async fn whoever_may_not_see_a_request_is_told_by_every_verb_that_there_is_none() {
    let house = House::new().await;
    let (_, card) = house.a_pending_request().await;
    let id = card.button("Approve").1;
    for verb in ["status", "cancel", "approve", "deny", "retry", "rollback"] {
        house.deliver(&payloads::command(&house.slack, "UBOB", &format!("{verb} {id} because"))).await;
        let words = house.slack.read_aside("UBOB").words();
        assert!(words.contains("There is no such request."), "{verb}: {words}");
    }
    house.the_request(State::Pending).await;
}

#[tokio::test]
async fn a_short_id_that_also_fits_somebody_elses_request_names_my_own() {
    let house = House::new().await;
    let now = house.world.clock.now();
    for (id, email) in
        [("01J00000000000000ABCDEFGHJ", "ada@example.com"), ("01J00000000000001ABCDEFGHJ", "eve@example.com")]
    {
        let (request, first) = submitted_by(requester(email), id.parse().unwrap(), now);
        house.world.store.commit(commit(&request, vec![first])).await.unwrap();
    }
    let retried = types(&house, "retry req-bcdefghj").await;
    assert!(retried.contains("still waits for a decision"), "{retried}");
    let cancelled = house.say("UADA", "cancel req-bcdefghj").await.words();
    assert!(cancelled.contains("is cancelled"), "{cancelled}");
    let hers = house.requests().await.into_iter().find(|request| request.state == State::Cancelled);
    assert_eq!(hers.unwrap().requester.email, "ada@example.com");
    house.slack.read_everything();
}
