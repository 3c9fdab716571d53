//! The MUSTs of the dialogue port, for every engine that is made from `manifests/bot.yaml`.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use vend::domain::dialogue::{intent, slot};
use vend::ports::dialogue::{Dialogue, DialogueError, Next, SessionKey, Turn};

/// What an adapter brings to be tested.
#[async_trait]
pub trait DialogueBench: Send + Sync {
    /// The adapter.
    fn dialogue(&self) -> &dyn Dialogue;
    /// Lets time pass in the adapter's world.
    fn pass(&self, time: Duration);
}

const WHOLE: &str = "create a Sandbox account for the fraud team in Demos with fraud-root@corp.example";

fn jane() -> SessionKey {
    SessionKey("slack.T1.jane".into())
}

async fn said(bench: &dyn DialogueBench, who: &SessionKey, text: &str) -> Turn {
    let attributes = BTreeMap::from([("UserName".to_owned(), "Jane".to_owned())]);
    bench.dialogue().turn(who, text, &attributes).await.unwrap_or_else(|error| panic!("after `{text}`: {error}"))
}

async fn all_said(bench: &dyn DialogueBench, texts: &[&str]) -> Turn {
    let mut last = None;
    for text in texts {
        last = Some(said(bench, &jane(), text).await);
    }
    last.expect("something is said")
}

fn asks(slot: &str) -> Next {
    Next::ElicitSlot(slot.to_owned())
}

pub async fn the_first_question_is_word_for_word_the_original_one(bench: &dyn DialogueBench) {
    let turn = said(bench, &jane(), "Hi, I would like a new account please!").await;
    assert_eq!(turn.message, "Hi Jane, what account type do you want? Production or Sandbox?");
    assert_eq!((turn.intent.as_str(), turn.next), (intent::REQUEST_ACCOUNT, asks(slot::ACCOUNT_TYPE)));
}

pub async fn slots_are_asked_in_the_manifests_order_then_confirmed(bench: &dyn DialogueBench) {
    for (text, next) in [
        ("I need a new account", asks(slot::ACCOUNT_TYPE)),
        ("Sandbox", asks(slot::ROOT_EMAIL)),
        ("fraud-root@corp.example", asks(slot::ACCOUNT_OU)),
        ("Demos", asks(slot::BLUEPRINT)),
        ("mlops-ecs", asks(slot::PURPOSE)),
        ("train fraud models", Next::Confirm),
    ] {
        assert_eq!(said(bench, &jane(), text).await.next, next, "after `{text}`");
    }
    let turn = said(bench, &jane(), "yes").await;
    assert_eq!((turn.intent.as_str(), turn.next), (intent::REQUEST_ACCOUNT, Next::Ready));
    let known: Vec<&str> = turn.slots.values().map(String::as_str).collect();
    assert_eq!(known, ["Demos", "Sandbox", "mlops-ecs", "train fraud models", "fraud-root@corp.example"]);
}

pub async fn several_slots_are_taken_from_one_sentence(bench: &dyn DialogueBench) {
    let turn = said(bench, &jane(), WHOLE).await;
    assert_eq!(turn.next, asks(slot::BLUEPRINT));
    assert_eq!(turn.slots[slot::ACCOUNT_TYPE], "Sandbox");
    assert_eq!(turn.slots[slot::ACCOUNT_OU], "Demos");
    assert_eq!(turn.slots[slot::ROOT_EMAIL], "fraud-root@corp.example");
    assert!(turn.slots[slot::PURPOSE].contains("fraud team"));
}

pub async fn a_synonym_is_resolved_to_its_value(bench: &dyn DialogueBench) {
    let turn = all_said(bench, &["new account", "prod"]).await;
    assert_eq!(turn.slots[slot::ACCOUNT_TYPE], "Production");
}

pub async fn people_and_places_never_share_a_session(bench: &dyn DialogueBench) {
    let elsewhere = SessionKey("slack.T2.jane".into());
    said(bench, &jane(), "I need a sandbox account").await;
    let other = said(bench, &elsewhere, "I need a production account").await;
    assert_eq!(other.slots[slot::ACCOUNT_TYPE], "Production");
    let turn = said(bench, &jane(), "jane@corp.example").await;
    assert_eq!(turn.slots[slot::ACCOUNT_TYPE], "Sandbox");
    assert_eq!(said(bench, &SessionKey("slack.T3.jane".into()), "jane@corp.example").await.next, Next::NotUnderstood);
}

pub async fn an_idle_conversation_is_forgotten(bench: &dyn DialogueBench) {
    said(bench, &jane(), "I need a sandbox account").await;
    bench.pass(Duration::from_secs(599));
    assert_eq!(said(bench, &jane(), "jane@corp.example").await.next, asks(slot::ACCOUNT_OU));
    bench.pass(Duration::from_secs(601));
    let turn = said(bench, &jane(), "Demos").await;
    assert_eq!((turn.next, turn.slots.len()), (Next::NotUnderstood, 0));
}

pub async fn a_no_ends_the_conversation_and_a_yes_means_nothing_afterwards(bench: &dyn DialogueBench) {
    let turn = all_said(bench, &[WHOLE, "none", "no"]).await;
    assert_eq!(turn.next, Next::Ended);
    assert!(!turn.message.is_empty());
    assert_eq!(said(bench, &jane(), "yes").await.next, Next::NotUnderstood);
}

pub async fn a_second_yes_makes_nothing_ready_again(bench: &dyn DialogueBench) {
    assert_eq!(all_said(bench, &[WHOLE, "none", "yes"]).await.next, Next::Ready);
    assert_eq!(said(bench, &jane(), "yes").await.next, Next::NotUnderstood);
}

pub async fn a_refused_value_is_asked_for_again_and_the_others_stay(bench: &dyn DialogueBench) {
    all_said(bench, &[WHOLE, "none", "yes"]).await;
    let turn = bench.dialogue().elicit_again(&jane(), slot::ROOT_EMAIL, &BTreeMap::new()).await.unwrap();
    assert_eq!(turn.next, asks(slot::ROOT_EMAIL));
    assert!(!turn.slots.contains_key(slot::ROOT_EMAIL) && !turn.message.is_empty());
    let turn = said(bench, &jane(), "second@corp.example").await;
    assert_eq!(turn.next, Next::Confirm);
    assert_eq!(turn.slots[slot::ROOT_EMAIL], "second@corp.example");
    assert_eq!(turn.slots[slot::ACCOUNT_OU], "Demos");
}

pub async fn a_forgotten_conversation_is_gone(bench: &dyn DialogueBench) {
    said(bench, &jane(), WHOLE).await;
    bench.dialogue().forget(&jane()).await.unwrap();
    bench.dialogue().forget(&jane()).await.unwrap();
    assert_eq!(said(bench, &jane(), "none").await.next, Next::NotUnderstood);
}

pub async fn a_conversation_is_put_back_where_it_stood(bench: &dyn DialogueBench) {
    let (jane, nobody) = (jane(), BTreeMap::new());
    assert_eq!(bench.dialogue().standing(&jane).await.unwrap(), None);
    all_said(bench, &["I need a new account", "Sandbox"]).await;
    let standing = bench.dialogue().standing(&jane).await.unwrap();
    for _ in 0..2 {
        let turn = said(bench, &jane, "fraud-root@corp.example").await;
        assert_eq!((turn.next, turn.slots[slot::ACCOUNT_TYPE].as_str()), (asks(slot::ACCOUNT_OU), "Sandbox"));
        bench.dialogue().put_back(&jane, standing.as_ref(), &nobody).await.unwrap();
        assert_eq!(bench.dialogue().standing(&jane).await.unwrap(), standing);
    }
    bench.dialogue().put_back(&jane, None, &nobody).await.unwrap();
    assert_eq!(said(bench, &jane, "fraud-root@corp.example").await.next, Next::NotUnderstood);
}

pub async fn answers_that_never_fit_end_the_conversation(bench: &dyn DialogueBench) {
    let turn = all_said(bench, &["new account", "banana", "banana", "banana"]).await;
    assert_eq!(turn.next, asks(slot::ACCOUNT_TYPE));
    let turn = said(bench, &jane(), "banana").await;
    assert_eq!((turn.intent.as_str(), turn.next), (intent::FALLBACK, Next::Ended));
    assert!(!turn.message.is_empty());
}

pub async fn small_talk_gets_a_friendly_answer(bench: &dyn DialogueBench) {
    let turn = said(bench, &jane(), "Hi there").await;
    assert_eq!((turn.intent.as_str(), turn.next), (intent::FALLBACK, Next::NotUnderstood));
    assert!(turn.message.contains("new account"), "{}", turn.message);
}

pub async fn a_request_can_be_named_in_a_question_about_it(bench: &dyn DialogueBench) {
    for (text, meant) in
        [("status of req-7f3k2a9q", intent::REQUEST_STATUS), ("cancel req-7f3k2a9q", intent::CANCEL_REQUEST)]
    {
        let turn = said(bench, &jane(), text).await;
        assert_eq!((turn.intent.as_str(), turn.next), (meant, Next::Ready));
        assert_eq!(turn.slots[slot::REQUEST_ID], "req-7f3k2a9q");
    }
}

pub async fn blank_and_endless_texts_are_refused(bench: &dyn DialogueBench) {
    for text in [String::new(), " \n ".into(), "a".repeat(1025)] {
        let refused = bench.dialogue().turn(&jane(), &text, &BTreeMap::new()).await;
        assert!(matches!(refused, Err(DialogueError::BadText(_))), "{refused:?}");
    }
    let asked = said(bench, &jane(), "new account").await.message;
    let refused = bench.dialogue().turn(&jane(), " ", &[("UserName".to_owned(), "Jane".to_owned())].into()).await;
    let Err(DialogueError::BadText(told)) = refused else { panic!("{refused:?}") };
    assert!(told.ends_with(&asked), "the question is still open: {told}");
}

pub async fn two_turns_at_once_are_taken_one_after_the_other_or_refused(bench: &dyn DialogueBench) {
    said(bench, &jane(), "new account").await;
    let nobody = BTreeMap::new();
    let (jane, dialogue) = (jane(), bench.dialogue());
    let (one, two) = tokio::join!(
        dialogue.turn(&jane, "sandbox", &nobody),
        dialogue.turn(&jane, "no, the email is a@corp.example", &nobody)
    );
    let known = dialogue.elicit_again(&jane, slot::PURPOSE, &nobody).await.unwrap().slots;
    let mut taken: usize = 0;
    for (turn, slot) in [(one, slot::ACCOUNT_TYPE), (two, slot::ROOT_EMAIL)] {
        match turn {
            Ok(_) if known.contains_key(slot) => taken += 1,
            Ok(turn) => panic!("lost {slot}: {turn:?}"),
            Err(error) => assert_eq!((error, known.contains_key(slot)), (DialogueError::Busy, false)),
        }
    }
    assert!(taken > 0, "{known:?}");
}

/// Runs every MUST over one adapter; `$bench` makes a fresh [`DialogueBench`].
macro_rules! dialogue_musts {
    ($adapter:ident, $bench:expr) => {
        mod $adapter {
            $crate::ports::dialogue::dialogue_musts! { @each $bench;
                the_first_question_is_word_for_word_the_original_one
                slots_are_asked_in_the_manifests_order_then_confirmed
                several_slots_are_taken_from_one_sentence
                a_synonym_is_resolved_to_its_value
                people_and_places_never_share_a_session
                an_idle_conversation_is_forgotten
                a_no_ends_the_conversation_and_a_yes_means_nothing_afterwards
                a_second_yes_makes_nothing_ready_again
                a_refused_value_is_asked_for_again_and_the_others_stay
                a_forgotten_conversation_is_gone
                a_conversation_is_put_back_where_it_stood
                answers_that_never_fit_end_the_conversation
                small_talk_gets_a_friendly_answer
                a_request_can_be_named_in_a_question_about_it
                blank_and_endless_texts_are_refused
                two_turns_at_once_are_taken_one_after_the_other_or_refused
            }
        }
    };
    (@each $bench:expr; $($must:ident)+) => {
        $(#[tokio::test]
        async fn $must() {
            let bench = $bench;
            $crate::ports::dialogue::$must(&bench).await;
        })+
    };
}
pub(crate) use dialogue_musts;

dialogue_musts!(embedded, super::embedded_bench::Embedded::new());
dialogue_musts!(lex, crate::lex::Bench::start().await);

/// The embedded engine on a fresh SQLite store, and what only it can show.
mod embedded_bench {
    use std::sync::Arc;

    use jiff::Timestamp;
    use vend::adapters::embedded::dialogue::EmbeddedDialogue;
    use vend::domain::dialogue::{Bot, slot_type};
    use vend::ports::store::{KeyValue, NewValue, StoreError, Stored, Versioned};

    use super::*;
    use crate::fakes::clock::TestClock;
    use crate::fakes::store::FreshStore;

    pub struct Embedded {
        dialogue: EmbeddedDialogue,
        world: FreshStore,
    }

    impl Embedded {
        pub fn new() -> Self {
            let world = FreshStore::new();
            let clock = Arc::new(world.clock.clone());
            Self { dialogue: EmbeddedDialogue::new(Bot::shipped(), world.store.clone(), clock), world }
        }
    }

    impl DialogueBench for Embedded {
        fn dialogue(&self) -> &dyn Dialogue {
            &self.dialogue
        }

        fn pass(&self, time: Duration) {
            self.world.clock.advance(time);
        }
    }

    #[tokio::test]
    async fn a_conversation_survives_a_power_loss() {
        let bench = Embedded::new();
        said(&bench, &jane(), WHOLE).await;
        let world = bench.world.after_power_loss();
        let clock = Arc::new(world.clock.clone());
        let dialogue = EmbeddedDialogue::new(Bot::shipped(), world.store.clone(), clock);
        assert_eq!(said(&Embedded { dialogue, world }, &jane(), "none").await.next, Next::Confirm);
    }

    #[tokio::test]
    async fn live_values_replace_the_manifests_examples_from_the_next_turn_on() {
        let bench = Embedded::new();
        bench.dialogue.offer(slot_type::ACCOUNT_OU, vec!["Fraud Lab".into(), "Risk".into()]);
        bench.dialogue.offer(slot_type::BLUEPRINT, vec!["mlops-eks".into()]);
        let turn = all_said(&bench, &["new sandbox account in the fraud lab for tests", "a@corp.example"]).await;
        assert_eq!(turn.slots[slot::ACCOUNT_OU], "Fraud Lab");
        assert_eq!(said(&bench, &jane(), "ecs").await.next, asks(slot::BLUEPRINT));
        assert_eq!(said(&bench, &jane(), "kubernetes").await.slots[slot::BLUEPRINT], "mlops-eks");
    }

    /// A store in which somebody else is always faster, or nothing works.
    struct Trouble(fn() -> StoreError);

    #[async_trait]
    impl KeyValue for Trouble {
        async fn get(&self, _: &str, _: Timestamp) -> Stored<Option<Versioned>> {
            Ok(None)
        }

        async fn put(&self, _: NewValue, _: Timestamp) -> Stored<()> {
            Err((self.0)())
        }

        async fn ready(&self, _: Timestamp) -> Stored<()> {
            Err((self.0)())
        }
    }

    #[tokio::test]
    async fn a_turn_that_cannot_be_kept_is_not_answered() {
        let engine =
            |trouble| EmbeddedDialogue::new(Bot::shipped(), Arc::new(Trouble(trouble)), Arc::new(TestClock::default()));
        let busy = engine(|| StoreError::Conflict).turn(&jane(), "new account", &BTreeMap::new()).await;
        assert_eq!(busy, Err(DialogueError::Busy));
        let down =
            engine(|| StoreError::Unavailable("disk full".into())).turn(&jane(), "new account", &BTreeMap::new()).await;
        assert!(matches!(down, Err(DialogueError::Unavailable(_))), "{down:?}");
    }
}
