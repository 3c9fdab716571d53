//! What goes over the wire, and what comes back that a naive client trips over.

use serde_json::json;
use vend::domain::dialogue::{Next, intent, slot};
use vend::ports::dialogue::Dialogue as _;

use super::{Bench, attributes, jane};
use crate::fakes::aws::lex::{ALIAS_ID, BOT_ID};

/// Why `adapters::aws::lex::mending` exists. When this fails, the SDK has learnt to
/// read what Lex sends: the connector may go, and this test with it.
#[tokio::test]
async fn the_sdk_alone_cannot_read_an_ordinary_turn_and_the_turn_is_gone() {
    let bench = Bench::start().await;
    let plain = aws_sdk_lexruntimev2::Client::new(&bench.endpoint.sdk());
    let call = plain.recognize_text().bot_id(BOT_ID).bot_alias_id(ALIAS_ID).locale_id("en_US");
    let refused = call.session_id(jane().0).text("I need a sandbox account").send().await;
    let error = format!("{:?}", refused.expect_err("the SDK reads null slots now: drop the mending connector"));
    assert!(error.contains("dense map cannot contain null values"), "{error}");
    assert!(bench.lex.sessions().contains(&jane().0), "and Lex went on");

    let turn = bench.said("jane@corp.example").await.unwrap();
    assert_eq!(turn.slots[slot::ACCOUNT_TYPE], "Sandbox");
    assert_eq!(turn.next, Next::ElicitSlot(slot::ACCOUNT_OU.into()));
}

#[tokio::test]
async fn every_turn_carries_all_attributes_because_lex_replaces_them() {
    let bench = Bench::start().await;
    bench.all_said(&["new account", "Sandbox", "change the type to Production"]).await;
    let sent = bench.lex.calls().into_iter().filter(|(operation, _)| operation == "text" || operation == "put");
    let attributes: Vec<_> = sent.map(|(_, body)| body["sessionState"]["sessionAttributes"].clone()).collect();
    assert_eq!(attributes, vec![json!({"UserName": "Jane"}); 3]);
}

#[tokio::test]
async fn a_slot_that_is_asked_for_again_is_left_out_of_what_is_sent() {
    let bench = Bench::start().await;
    bench.all_said(&["create a Sandbox account in Demos with fraud-root@corp.example", "none", "fraud", "yes"]).await;
    bench.dialogue.elicit_again(&jane(), slot::ROOT_EMAIL, &attributes()).await.unwrap();
    let (operation, body) = bench.lex.calls().pop().unwrap();
    assert_eq!(operation, "put");
    let slots = body["sessionState"]["intent"]["slots"].as_object().unwrap();
    assert!(!slots.contains_key(slot::ROOT_EMAIL) && slots.contains_key(slot::ACCOUNT_OU), "{slots:?}");
    assert_eq!(body["sessionState"]["dialogAction"], json!({"type": "ElicitSlot", "slotToElicit": slot::ROOT_EMAIL}));
}

#[tokio::test]
async fn an_answer_with_every_optional_member_missing_is_understood() {
    let bench = Bench::start().await;
    bench.lex.spares_members();
    let turn = bench.said("I need a new account").await.unwrap();
    assert_eq!(turn.message, "Hi Jane, what account type do you want? Production or Sandbox?");
    let texts = ["Sandbox", "fraud-root@corp.example", "Demos", "none", "train fraud models", "yes"];
    let turn = bench.all_said(&texts).await;
    assert_eq!((turn.intent.as_str(), turn.next), (intent::REQUEST_ACCOUNT, Next::Ready));
}

#[tokio::test]
async fn fulfilled_means_the_same_as_ready_for_fulfillment() {
    let bench = Bench::start().await;
    bench.lex.fulfils();
    let texts = ["create a Sandbox account in Demos with fraud-root@corp.example", "none", "fraud", "yes"];
    let turn = bench.all_said(&texts).await;
    assert_eq!((turn.intent.as_str(), turn.next), (intent::REQUEST_ACCOUNT, Next::Ready));
}

#[tokio::test]
async fn the_fallback_is_never_ready_though_lex_says_so() {
    let bench = Bench::start().await;
    let turn = bench.said("what a lovely day").await.unwrap();
    assert_eq!((turn.intent.as_str(), turn.next), (intent::FALLBACK, Next::NotUnderstood));
    assert_eq!(turn.slots.len(), 0);
}

#[tokio::test]
async fn ready_without_a_yes_asks_for_the_yes() {
    let bench = Bench::start().await;
    bench.all_said(&["create a Sandbox account in Demos with fraud-root@corp.example", "none"]).await;
    bench.lex.next("text", crate::fakes::aws::lex::Trouble::SkipsTheYes);
    let turn = bench.said("fraud scoring").await.unwrap();
    assert_eq!(turn.next, Next::Confirm);
    assert!(turn.message.contains("Shall I send it for approval?"), "{}", turn.message);
    assert_eq!(bench.said("yes").await.unwrap().next, Next::Ready);
}

#[tokio::test]
async fn prompts_that_lex_leaves_unfilled_are_filled() {
    let bench = Bench::start().await;
    bench.lex.leaves_placeholders();
    let turn = bench.said("new account").await.unwrap();
    assert_eq!(turn.message, "Hi Jane, what account type do you want? Production or Sandbox?");
    let turn = bench.all_said(&["Sandbox", "fraud-root@corp.example", "Demos", "none", "fraud"]).await;
    assert!(turn.message.contains("a Sandbox account in Demos"), "{}", turn.message);
}

#[tokio::test]
async fn a_question_lex_takes_any_text_for_can_still_be_left() {
    let bench = Bench::start().await;
    let asked = ["create a Sandbox account in Demos with fraud-root@corp.example", "none"];
    assert_eq!(bench.all_said(&asked).await.next, Next::ElicitSlot(slot::PURPOSE.into()));
    let turn = bench.said("help").await.unwrap();
    assert_eq!(turn.next, Next::ElicitSlot(slot::PURPOSE.into()));
    assert!(turn.message.contains("Change an answer at any time"), "{}", turn.message);
    assert_eq!(bench.said("cancel").await.unwrap().next, Next::Ended);
    assert_eq!(bench.said("fraud").await.unwrap().next, Next::NotUnderstood);
}

#[tokio::test]
async fn a_question_in_the_middle_does_not_lose_the_conversation() {
    let bench = Bench::start().await;
    bench.all_said(&["I need a sandbox account"]).await;
    let turn = bench.said("status of req-7f3k2a9q").await.unwrap();
    assert_eq!((turn.intent.as_str(), turn.next), (intent::REQUEST_STATUS, Next::Ready));
    assert_eq!(turn.slots[slot::REQUEST_ID], "req-7f3k2a9q");
    let behind = turn.behind.expect("the conversation goes on");
    assert!(behind.message.starts_with("Which root e-mail"), "{}", behind.message);
    let turn = bench.said("fraud-root@corp.example").await.unwrap();
    assert_eq!(turn.slots[slot::ACCOUNT_TYPE], "Sandbox");
}

#[tokio::test]
async fn another_process_takes_the_next_turn() {
    let bench = Bench::start().await;
    bench.all_said(&["I need a sandbox account"]).await;
    bench.dialogue.elicit_again(&jane(), slot::ACCOUNT_TYPE, &attributes()).await.unwrap();
    let other = super::adapter(&bench.endpoint, BOT_ID);
    let turn = other.turn(&jane(), "Production", &attributes()).await.unwrap();
    assert_eq!(turn.slots[slot::ACCOUNT_TYPE], "Production");
    assert_eq!(turn.next, Next::ElicitSlot(slot::ROOT_EMAIL.into()));
}
