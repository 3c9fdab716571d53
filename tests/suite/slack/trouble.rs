//! Slack is slow, busy, or loses an answer: nothing is lost and nothing doubles.

use std::time::Duration;

use vend::domain::request::State;

use super::house::{FILLED, House};
use super::payloads;
use crate::fakes::slack::{APPROVALS, Fault};

#[tokio::test]
async fn a_card_whose_post_had_no_answer_is_found_again_and_not_posted_twice() {
    let house = House::new().await;
    house.slack.fail_next("chat.postMessage", Fault::AnswerLost);
    house.submit_form().await;
    house.slack.read("DUADA");
    house.live(60).await;
    house.slack.read(APPROVALS);
    assert_eq!((house.slack.count_in("DUADA"), house.slack.count_in(APPROVALS)), (1, 1));
    house.the_request(State::Pending).await;
}

#[tokio::test]
async fn a_busy_slack_is_waited_for_as_long_as_it_says() {
    let house = House::new().await;
    house.slack.fail_next("chat.postMessage", Fault::Throttled(30));
    house.submit_form().await;
    let asked = house.slack.calls("chat.postMessage");
    house.live(25).await;
    assert_eq!(house.slack.calls("chat.postMessage"), asked, "asked again too early");
    house.live(40).await;
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}

#[tokio::test]
async fn an_answer_that_could_not_be_posted_is_said_later_without_a_second_turn() {
    let house = House::new().await;
    house.say("UADA", "Hi, I would like a new account please!").await;
    house.slack.fail_next("chat.postMessage", Fault::Down);
    house.deliver(&payloads::direct(&house.slack, "UADA", "Sandbox")).await;
    house.live(10).await;
    let answer = house.slack.read("DUADA").words();
    assert!(answer.starts_with("Which root e-mail"), "the turn was taken once: {answer}");
}

#[tokio::test]
async fn an_answer_given_in_direct_messages_is_not_given_again_when_the_whisper_fails() {
    let house = House::new().await;
    house.slack.fail_next("respond", Fault::Down);
    house.deliver(&payloads::command(&house.slack, "UADA", "new Sandbox account")).await;
    house.live(60).await;
    let answer = house.slack.read("DUADA").words();
    assert!(answer.starts_with("Which root e-mail"), "{answer}");
    assert_eq!(house.slack.count_in("DUADA"), 1);
    house.slack.read_aside("UADA");
}

#[tokio::test]
async fn an_answering_address_that_is_gone_is_not_waited_for() {
    let house = House::new().await;
    let status = payloads::command(&house.slack, "UADA", "status req-00000000");
    house.slack.fail_next("respond", Fault::Down);
    house.deliver(&status).await;
    let beside = house.slack.read_aside("UADA");
    assert!(beside.channel == "CTEAM" && beside.words().contains("no such request"), "{}", beside.words());

    house.slack.fail_next("respond", Fault::Down);
    house.slack.fail_next("chat.postEphemeral", Fault::Word("not_in_channel"));
    house.deliver(&payloads::command(&house.slack, "UADA", "status req-00000001")).await;
    let directly = house.slack.read("DUADA").words();
    assert!(directly.contains("no such request"), "without a retry, and where she will see it: {directly}");
}

#[tokio::test]
async fn a_form_that_cannot_be_judged_in_time_is_stored_and_worked_through_later() {
    let house = House::new().await;
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    let form = house.slack.form();
    house.slack.fail_next("users.info", Fault::Down);
    let sent = payloads::submit("UADA", &form, &FILLED);
    assert_eq!(house.knock(sent.signed(house.now())).await, (200, String::new()));
    assert_eq!(house.requests().await.len(), 0, "acknowledged because it is stored, not because it is done");
    house.work().await;
    house.the_request(State::Pending).await;
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}

#[tokio::test]
async fn a_late_form_with_faults_is_answered_in_words() {
    let house = House::new().await;
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    let form = house.slack.form();
    house.slack.fail_next("users.info", Fault::Down);
    house.deliver(&payloads::submit("UADA", &form, &[("account_type", "[Sandbox]")])).await;
    let words = house.slack.read("DUADA").words();
    assert!(words.contains("nothing was stored") && words.contains("root e-mail"), "{words}");
}

#[tokio::test]
async fn a_deleted_card_is_left_alone_and_the_account_is_vended_all_the_same() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    house.slack.fail_next("chat.update", Fault::Word("message_not_found"));
    house.press("UGRACE", &card, "Approve").await;
    house.slack.read_aside("UGRACE");
    house.live(600).await;
    house.the_request(State::Ready).await;
    house.slack.look_at(&mine);
    house.slack.look_at(&card);
}

#[tokio::test]
async fn a_missing_approvals_channel_does_not_stop_the_request() {
    let house = House::new().await;
    house.slack.fail_next_in(APPROVALS, Fault::Word("channel_not_found"));
    house.submit_form().await;
    house.slack.read("DUADA");
    house.the_request(State::Pending).await;
    house.world.clock.advance(Duration::from_mins(1));
    house.work().await;
    assert_eq!(house.slack.count_in(APPROVALS), 0);
}

#[tokio::test]
async fn neither_the_token_nor_slacks_own_error_text_reaches_an_error() {
    let house = House::new().await;
    house.slack.fail_next("chat.postMessage", Fault::Down);
    house.deliver(&payloads::direct(&house.slack, "UADA", "canary words")).await;
    let troubled =
        format!("{:?}", vend::ports::store::JobStore::troubled(house.world.store.as_ref(), 10).await.unwrap());
    assert!(troubled.contains("status 500"), "{troubled}");
    assert!(!troubled.contains("canary") && !troubled.contains("xoxb"), "{troubled}");
    house.live(10).await;
    house.slack.read("DUADA");
}
