//! Lex is busy, slow, down, or loses an answer: no turn is taken twice, none is lost.

use std::sync::Arc;
use std::time::Duration;

use vend::domain::dialogue::{Next, slot};
use vend::ports::dialogue::{Dialogue as _, DialogueError};

use super::{Bench, adapter, attributes, jane};
use crate::fakes::aws::lex::{BOT_ID, Trouble};

fn asks(slot: &str) -> Next {
    Next::ElicitSlot(slot.to_owned())
}

#[tokio::test]
async fn a_turn_that_was_throttled_or_in_conflict_is_sent_again() {
    let bench = Bench::start().await;
    for trouble in [Trouble::Throttled, Trouble::Conflict] {
        bench.lex.next("text", trouble);
        bench.lex.next("text", trouble);
        let before = bench.lex.count("text");
        assert_eq!(bench.said("new account").await.unwrap().next, asks(slot::ACCOUNT_TYPE));
        assert_eq!(bench.lex.count("text") - before, 3);
        bench.dialogue.forget(&jane()).await.unwrap();
    }
}

#[tokio::test]
async fn a_lex_that_stays_busy_is_busy() {
    let bench = Bench::start().await;
    for trouble in [Trouble::Throttled, Trouble::Conflict] {
        (0..3).for_each(|_| bench.lex.next("text", trouble));
        assert_eq!(bench.said("new account").await, Err(DialogueError::Busy));
    }
    assert_eq!(bench.said("new account").await.unwrap().next, asks(slot::ACCOUNT_TYPE));
}

#[tokio::test]
async fn a_turn_whose_answer_was_lost_is_looked_up_and_not_taken_twice() {
    let bench = Bench::start().await;
    bench.said("new account").await.unwrap();
    bench.lex.next("text", Trouble::DroppedAfter);
    let turn = bench.said("Sandbox").await.unwrap();
    assert_eq!((turn.next, turn.slots[slot::ACCOUNT_TYPE].as_str()), (asks(slot::ROOT_EMAIL), "Sandbox"));
    assert!(turn.message.starts_with("Which root e-mail"), "{}", turn.message);
    assert_eq!(bench.lex.count("text"), 2, "sent once");
}

#[tokio::test]
async fn a_yes_whose_answer_was_lost_still_makes_ready_once() {
    let bench = Bench::start().await;
    bench.all_said(&["create a Sandbox account in Demos with fraud-root@corp.example", "none", "fraud"]).await;
    bench.lex.next("text", Trouble::DroppedAfter);
    assert_eq!(bench.said("yes").await.unwrap().next, Next::Ready);
    assert_eq!(bench.said("yes").await.unwrap().next, Next::NotUnderstood);
}

#[tokio::test]
async fn a_turn_that_failed_without_being_taken_is_sent_once_more() {
    let bench = Bench::start().await;
    for (status, kind) in
        [(424, "DependencyFailedException"), (500, "InternalServerException"), (502, "BadGatewayException")]
    {
        bench.lex.next("text", Trouble::Failed(status, kind));
        assert_eq!(bench.said("new account").await.unwrap().next, asks(slot::ACCOUNT_TYPE), "{kind}");
        bench.lex.next("text", Trouble::Failed(status, kind));
        bench.lex.next("text", Trouble::Failed(status, kind));
        let down = bench.said("Sandbox").await;
        assert!(matches!(down, Err(DialogueError::Unavailable(_))), "{kind}: {down:?}");
        assert_eq!(bench.said("Sandbox").await.unwrap().next, asks(slot::ROOT_EMAIL), "{kind}: nothing was lost");
        bench.dialogue.forget(&jane()).await.unwrap();
    }
}

#[tokio::test]
async fn an_error_that_will_not_pass_is_not_tried_again() {
    let bench = Bench::start().await;
    for (status, kind) in
        [(400, "ValidationException"), (403, "AccessDeniedException"), (404, "ResourceNotFoundException")]
    {
        bench.lex.next("text", Trouble::Refused(status, kind));
        let before = bench.lex.count("text");
        let refused = bench.said("new account").await;
        assert!(matches!(&refused, Err(DialogueError::Unavailable(why)) if why.contains(kind)), "{refused:?}");
        assert_eq!(bench.lex.count("text") - before, 1);
    }
}

#[tokio::test]
async fn a_bot_that_is_not_there_is_told_and_not_taken_for_an_empty_session() {
    let bench = Bench::start().await;
    let other = adapter(&bench.endpoint, "ZZZZZZZZZZ");
    let answer = other.turn(&jane(), "new account", &attributes()).await;
    assert!(matches!(answer, Err(DialogueError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn two_replicas_in_one_session_never_mix_their_turns() {
    let bench = Arc::new(Bench::start().await);
    bench.said("new account").await.unwrap();
    bench.lex.holds_turns();
    let first = Arc::clone(&bench);
    let first = tokio::spawn(async move { first.said("Sandbox").await });
    while !bench.lex.is_in_turn() {
        tokio::task::yield_now().await;
    }
    let replica = adapter(&bench.endpoint, BOT_ID);
    let second = replica.turn(&jane(), "Production", &attributes()).await;
    assert_eq!(second, Err(DialogueError::Busy));
    bench.lex.lets_go();
    assert_eq!(first.await.unwrap().unwrap().slots[slot::ACCOUNT_TYPE], "Sandbox");
}

#[tokio::test]
async fn a_lex_that_is_down_is_unavailable_and_goes_on_where_it_was() {
    let bench = Bench::start().await;
    bench.all_said(&["new account", "Sandbox"]).await;
    bench.lex.goes_down(true);
    let down = bench.said("fraud-root@corp.example").await;
    assert!(matches!(down, Err(DialogueError::Unavailable(_))), "{down:?}");
    let down = bench.dialogue.elicit_again(&jane(), slot::ACCOUNT_TYPE, &attributes()).await;
    assert!(matches!(down, Err(DialogueError::Unavailable(_))), "{down:?}");
    bench.lex.goes_down(false);
    assert_eq!(bench.said("fraud-root@corp.example").await.unwrap().next, asks(slot::ACCOUNT_OU));
}

#[tokio::test]
async fn a_second_turn_in_one_process_waits_for_the_first_instead_of_bothering_lex() {
    let bench = Arc::new(Bench::start().await);
    bench.said("new account").await.unwrap();
    let said = |text: &'static str| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.said(text).await })
    };
    bench.lex.holds_turns();
    let first = said("Sandbox");
    while !bench.lex.is_in_turn() {
        tokio::task::yield_now().await;
    }
    let looks = bench.lex.count("get");
    let second = said("fraud-root@corp.example");
    let bothered = async {
        while bench.lex.count("get") == looks {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_millis(300), bothered).await;
    assert!(waited.is_err(), "the second turn does not even look while the first is under way");
    bench.lex.lets_go();
    assert_eq!(first.await.unwrap().unwrap().next, asks(slot::ROOT_EMAIL));
    assert_eq!(second.await.unwrap().unwrap().next, asks(slot::ACCOUNT_OU));
}
