//! Conversations as transcripts: what the person says, then what the bot waits for and
//! knows. `Slot?` is a question, `Slot??` a repeated one.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::elsewhere::{BLANK, TOO_LONG};
use super::{Bot, Engine, Next, Session, Slots, Turn, Vocabulary, intent, slot, slot_type};

static BOT: LazyLock<Bot> = LazyLock::new(Bot::shipped);

/// One person talking to the shipped bot.
pub(super) struct Talk {
    bot: &'static Bot,
    vocabulary: Vocabulary,
    session: Option<Session>,
    now: Timestamp,
}

impl Talk {
    pub(super) fn new() -> Self {
        let mut vocabulary = Vocabulary::default();
        vocabulary
            .offer(slot_type::ACCOUNT_OU, ["Demos", "Experiment", "Sandbox", "Fraud Lab"].map(String::from).to_vec());
        Self { bot: &BOT, vocabulary, session: None, now: Timestamp::UNIX_EPOCH }
    }

    pub(super) fn turn(&mut self, text: &str) -> Result<Turn, String> {
        let attributes = [("UserName".to_owned(), "Jane".to_owned())].into();
        let engine = Engine { bot: self.bot, vocabulary: &self.vocabulary, attributes: &attributes, now: self.now };
        let outcome = engine.turn(self.session.take(), text)?;
        self.session = outcome.session;
        Ok(outcome.turn)
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    pub(super) fn say(&mut self, text: &str) -> String {
        let turn = self.turn(text).unwrap();
        let misses = self.session.as_ref().map_or(0, |session| session.misses);
        shown(&turn, misses)
    }
}

fn shown(turn: &Turn, misses: u32) -> String {
    let again = if misses > 0 { "?" } else { "" };
    let what = match &turn.next {
        Next::ElicitSlot(slot) => format!("{slot}?{again}"),
        Next::Confirm => format!("Confirm?{again}"),
        Next::Ready => format!("Ready {}", turn.intent),
        Next::Ended => "Ended".into(),
        Next::NotUnderstood => "NotUnderstood".into(),
    };
    let slots = turn.slots.iter().map(|(slot, value)| format!(" {slot}={value}"));
    what + &slots.collect::<String>()
}

/// Every line is `what is said => what is waited for and known`.
pub(super) fn transcript(lines: &str) {
    let mut talk = Talk::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (said, expected) = line.split_once(" => ").unwrap();
        assert_eq!(talk.say(said), expected.trim(), "after `{said}`");
    }
}

const WHOLE: &str = "create a Sandbox account for the fraud team in Demos with fraud-root@corp.example";

#[test]
fn the_first_reply_is_word_for_word_the_original_one() {
    let turn = Talk::new().turn("Hi, I would like a new account please!").unwrap();
    assert_eq!(turn.message, "Hi Jane, what account type do you want? Production or Sandbox?");
    assert_eq!(turn.intent, intent::REQUEST_ACCOUNT);
}

#[test]
fn slots_are_asked_in_order_and_confirmed() {
    transcript(
        "I need a new AWS account => AccountType?
         sandbox please => RootEmail? AccountType=Sandbox
         it's Fraud-Root@corp.example. => AccountOU? AccountType=Sandbox RootEmail=Fraud-Root@corp.example
         put it in demos => Blueprint? AccountOU=Demos AccountType=Sandbox RootEmail=Fraud-Root@corp.example
         no thanks => Purpose? AccountOU=Demos AccountType=Sandbox Blueprint=none RootEmail=Fraud-Root@corp.example
         help the fraud team with production models => Confirm? AccountOU=Demos AccountType=Sandbox Blueprint=none Purpose=help the fraud team with production models RootEmail=Fraud-Root@corp.example
         yep, go ahead! => Ready RequestAccount AccountOU=Demos AccountType=Sandbox Blueprint=none Purpose=help the fraud team with production models RootEmail=Fraud-Root@corp.example",
    );
}

#[test]
fn one_sentence_fills_many_slots() {
    for (said, known) in [
        (
            WHOLE,
            "Blueprint? AccountOU=Demos AccountType=Sandbox Purpose=the fraud team RootEmail=fraud-root@corp.example",
        ),
        (
            "Hello! For the fraud team I need a prod account, in the Fraud Lab OU please",
            "RootEmail? AccountOU=Fraud Lab AccountType=Production Purpose=the fraud team",
        ),
        ("create a sandbox account in Sandbox", "RootEmail? AccountOU=Sandbox AccountType=Sandbox"),
        ("new account for production using mlops-eks", "RootEmail? AccountType=Production Blueprint=mlops-eks"),
        ("create an account with the shared services prod blueprint", "AccountType? Blueprint=ml-shared-services-prod"),
        ("I'm looking for a new account for the risk team", "AccountType? Purpose=the risk team"),
        (
            "new non-prod account called fraud-dev for testing prod models",
            "RootEmail? AccountName=fraud-dev AccountType=Sandbox Purpose=testing prod models",
        ),
        ("I need an account for me, in <mailto:a@b.example|a@b.example>", "AccountType? RootEmail=a@b.example"),
        ("a new account, not production but sandbox", "RootEmail? AccountType=Sandbox"),
        ("a sandbox instead of a production account", "RootEmail? AccountType=Sandbox"),
        ("a new account, sandbox, not production", "RootEmail? AccountType=Sandbox"),
        ("ACCOUNT NEW, PLEASE. PRODUCTION.", "RootEmail? AccountType=Production"),
        ("I want a new acount", "AccountType?"),
        ("can you help me create an account", "AccountType?"),
        ("could I get a dev account to run experiments", "RootEmail? AccountType=Sandbox Purpose=run experiments"),
        ("I'd like to get access to an account", "AccountType?"),
    ] {
        assert_eq!(Talk::new().say(said), known, "after `{said}`");
    }
}

#[test]
fn corrections_are_taken_at_any_time() {
    transcript(
        "I want a sandbox account => RootEmail? AccountType=Sandbox
         no, Production => RootEmail? AccountType=Production
         demos@x.example => AccountOU? AccountType=Production RootEmail=demos@x.example
         actually use other@x.example => AccountOU? AccountType=Production RootEmail=other@x.example
         Experiment => Blueprint? AccountOU=Experiment AccountType=Production RootEmail=other@x.example
         change the OU to Demos => Blueprint? AccountOU=Demos AccountType=Production RootEmail=other@x.example
         ecs => Purpose? AccountOU=Demos AccountType=Production Blueprint=mlops-ecs RootEmail=other@x.example
         sorry, sandbox => Purpose? AccountOU=Demos AccountType=Sandbox Blueprint=mlops-ecs RootEmail=other@x.example
         we change production models => Confirm? AccountOU=Demos AccountType=Sandbox Blueprint=mlops-ecs Purpose=we change production models RootEmail=other@x.example
         no, Production => Confirm? AccountOU=Demos AccountType=Production Blueprint=mlops-ecs Purpose=we change production models RootEmail=other@x.example
         change the OU from Demos to Fraud Analytics please => Confirm? AccountOU=Fraud Analytics AccountType=Production Blueprint=mlops-ecs Purpose=we change production models RootEmail=other@x.example
         yes but the purpose is to serve models => Confirm? AccountOU=Fraud Analytics AccountType=Production Blueprint=mlops-ecs Purpose=serve models RootEmail=other@x.example
         the email is wrong => RootEmail? AccountOU=Fraud Analytics AccountType=Production Blueprint=mlops-ecs Purpose=serve models
         a@b.example => Confirm? AccountOU=Fraud Analytics AccountType=Production Blueprint=mlops-ecs Purpose=serve models RootEmail=a@b.example
         whatever you think => Confirm?? AccountOU=Fraud Analytics AccountType=Production Blueprint=mlops-ecs Purpose=serve models RootEmail=a@b.example
         no => Ended AccountOU=Fraud Analytics AccountType=Production Blueprint=mlops-ecs Purpose=serve models RootEmail=a@b.example",
    );
}

#[test]
fn questions_in_the_middle_do_not_lose_the_conversation() {
    transcript(
        "new account => AccountType?
         what can you do? => AccountType?
         what's the status => Ready RequestStatus
         and the status of req-7f3k2a9q? => Ready RequestStatus RequestId=req-7f3k2a9q
         cancel req-7f3k2a9q => Ready CancelRequest RequestId=req-7f3k2a9q
         sandbox => RootEmail? AccountType=Sandbox
         so what is the status of my other request? => Ready RequestStatus
         never mind => Ended AccountType=Sandbox
         a@b.example => NotUnderstood",
    );
}

#[test]
fn asking_what_a_blueprint_is_chooses_none() {
    transcript(
        "what blueprints are there? => Ready DescribeBlueprint
         a production account in Demos with a@b.example for reporting => Blueprint? AccountOU=Demos AccountType=Production Purpose=reporting RootEmail=a@b.example
         which blueprint costs the least? => Ready DescribeBlueprint
         what is mlops-ecs? => Ready DescribeBlueprint Blueprint=mlops-ecs
         how much is EKS? => Ready DescribeBlueprint Blueprint=mlops-eks
         ecs => Confirm? AccountOU=Demos AccountType=Production Blueprint=mlops-ecs Purpose=reporting RootEmail=a@b.example
         what's the mlops-eks blueprint? => Ready DescribeBlueprint Blueprint=mlops-eks
         I don't need a blueprint => Confirm? AccountOU=Demos AccountType=Production Blueprint=none Purpose=reporting RootEmail=a@b.example",
    );
}

#[test]
fn an_answer_in_the_middle_ends_with_the_open_question() {
    let mut talk = Talk::new();
    talk.say("I need a sandbox account");
    assert_eq!(talk.turn("help").unwrap().message.matches("root e-mail address").count(), 1);
    let behind = talk.turn("status").unwrap().behind.unwrap();
    assert!(behind.message.starts_with("Which root e-mail"));
}

#[test]
fn status_cancel_help_and_small_talk_begin_no_conversation() {
    for (said, known) in [
        ("Hi there", "NotUnderstood"),
        ("yes", "NotUnderstood"),
        ("thanks!!", "NotUnderstood"),
        ("\u{200b}🙂", "NotUnderstood"),
        ("'; DROP TABLE accounts; --", "NotUnderstood"),
        ("I don't want an account", "NotUnderstood"),
        ("help", "Ready Help"),
        ("status of REQ-7f3k2a9q please", "Ready RequestStatus RequestId=REQ-7f3k2a9q"),
        ("What's the status of my new account?", "Ready RequestStatus"),
        ("01JCZK5W8Q2M3N4P5R6S7T8V9W", "Ready RequestStatus RequestId=01JCZK5W8Q2M3N4P5R6S7T8V9W"),
        ("cancel", "Ready CancelRequest"),
        ("please cancel my request (req-7f3k2a9q)", "Ready CancelRequest RequestId=req-7f3k2a9q"),
    ] {
        let mut talk = Talk::new();
        assert_eq!(talk.say(said), known, "after `{said}`");
        assert_eq!(talk.session, None, "after `{said}`");
    }
}

#[test]
fn a_set_is_asked_for_slot_by_slot() {
    for said in ["I need dev, staging and prod accounts", "accounts for dev, preprod and prod", "create an account set"]
    {
        assert_eq!(Talk::new().say(said), "SetName?", "after `{said}`");
    }
}

#[test]
fn a_sets_name_is_taken_out_of_the_first_sentence_where_it_is_said() {
    for (said, known) in [
        ("I need an account set called fraud-models", "GovernanceAccount? SetName=fraud-models"),
        ("create an account set named \"Fraud\", please", "GovernanceAccount? SetName=Fraud"),
        ("new account set, call it churn in eu-west-1", "GovernanceAccount? SetName=churn SetRegion=eu-west-1"),
        ("a set of accounts named churn for churn scoring", "GovernanceAccount? Purpose=churn scoring SetName=churn"),
        ("account set fraud with governance account 111122223333", "SetName? GovernanceAccount=111122223333"),
        ("I need an account set for the fraud team", "SetName? Purpose=the fraud team"),
    ] {
        assert!(Talk::new().say(said).starts_with(known), "after `{said}`: {}", Talk::new().say(said));
    }
}

#[test]
fn answers_that_do_not_fit_are_asked_again_and_then_given_up() {
    transcript(
        "new account => AccountType?
         banana => AccountType??
         Prodution => RootEmail? AccountType=Production
         root at corp => RootEmail?? AccountType=Production
         root@corp => RootEmail?? AccountType=Production
         @ => RootEmail?? AccountType=Production
         a@b@c.example => Ended AccountType=Production
         a@b.example => NotUnderstood",
    );
}

#[test]
fn a_question_is_no_unit() {
    let mut talk = Talk::new();
    talk.say("create a sandbox account with a@b.example");
    assert_eq!(talk.say("which ones are there?"), "AccountOU?? AccountType=Sandbox RootEmail=a@b.example");
    assert!(talk.say("in Demos?").contains("AccountOU=Demos"));
}

#[test]
fn an_unknown_unit_is_taken_as_said_and_judged_by_the_service() {
    let ask = "create a sandbox account with a@b.example";
    for (said, unit) in [
        ("Fraud Analytics", "Fraud Analytics"),
        ("please put it in the Fraud Analytics OU.", "Fraud Analytics"),
        ("I think demos would be good", "Demos"),
        ("Demos Analytics", "Demos Analytics"),
        ("sandbox", "Sandbox"),
        ("Demos (ou-ab12-3c4d5e6f)", "Demos (ou-ab12-3c4d5e6f)"),
        ("no, Risk", "Risk"),
    ] {
        let mut talk = Talk::new();
        talk.say(ask);
        let turn = talk.turn(said).unwrap();
        assert_eq!(turn.slots.get(slot::ACCOUNT_OU).map(String::as_str), Some(unit), "after `{said}`");
        assert_eq!(turn.slots[slot::ACCOUNT_TYPE], "Sandbox", "after `{said}`");
    }
}

#[test]
fn a_refused_value_is_asked_for_again_even_after_the_yes() {
    let mut talk = Talk::new();
    for said in [WHOLE, "none", "yes"] {
        talk.say(said);
    }
    let nobody = Slots::new();
    let engine = Engine { bot: talk.bot, vocabulary: &talk.vocabulary, attributes: &nobody, now: talk.now };
    let outcome = engine.elicit_again(talk.session.take(), slot::ROOT_EMAIL).unwrap();
    assert_eq!(outcome.turn.next, Next::ElicitSlot(slot::ROOT_EMAIL.into()));
    assert!(!outcome.turn.slots.contains_key(slot::ROOT_EMAIL));
    let fresh = engine.elicit_again(None, slot::ACCOUNT_TYPE).unwrap();
    assert_eq!(fresh.turn.message, "Hi, what account type do you want? Production or Sandbox?");
    assert_eq!(engine.elicit_again(None, "Colour"), None);
    talk.session = outcome.session;
    assert_eq!(
        talk.say("second@corp.example"),
        "Confirm? AccountOU=Demos AccountType=Sandbox Blueprint=none Purpose=the fraud team RootEmail=second@corp.example"
    );
}

#[test]
fn an_idle_conversation_is_forgotten() {
    let mut talk = Talk::new();
    talk.say("new account");
    talk.now += SignedDuration::from_secs(599);
    assert_eq!(talk.say("sandbox"), "RootEmail? AccountType=Sandbox");
    talk.now += SignedDuration::from_secs(600);
    assert_eq!(talk.say("a@b.example"), "NotUnderstood");
}

#[test]
fn blank_and_endless_texts_are_refused_with_a_reason() {
    assert_eq!(Talk::new().turn(" \n\t\u{0}"), Err(BLANK.to_owned()));
    assert_eq!(Talk::new().turn(&"𝒳".repeat(513)), Err(TOO_LONG.to_owned()));
    assert!(Talk::new().turn(&"𝒳".repeat(512)).is_ok());
}

/// Fragments that meet every branch, and anything else a keyboard can make.
fn said() -> impl Strategy<Value = String> {
    const FRAGMENTS: &[&str] = &[
        "new account",
        WHOLE,
        "Production",
        "sandbox",
        "a@b.example",
        "<mailto:x@y.example|x@y.example>",
        "Demos",
        "none",
        "mlops-eks",
        "for the fraud team",
        "yes",
        "no",
        "no,",
        "actually",
        "change the OU to",
        "the email",
        "help",
        "status",
        "cancel",
        "req-7f3k2a9q",
        "{AccountType}",
        "[UserName]",
        "(",
        ")",
        "İ",
        "ẞ",
        "'",
        ".",
        "the purpose is",
    ];
    let fragment = proptest::sample::select(FRAGMENTS).prop_map(str::to_owned);
    let word = prop_oneof![4 => fragment, 1 => any::<String>(), 1 => "[a-z@. ,'-]{0,12}"];
    proptest::collection::vec(word, 1..4).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_talk_panics_asks_out_of_order_or_is_ready_too_early(said in proptest::collection::vec(said(), 1..10)) {
        let mut talk = Talk::new();
        let order: Vec<String> = talk.bot.intent(intent::REQUEST_ACCOUNT).unwrap().slots.iter().filter(|s| s.required).map(|s| s.name.clone()).collect();
        for text in said {
            let Ok(turn) = talk.turn(&text) else { continue };
            prop_assert!(!turn.message.is_empty() || turn.next == Next::Ready);
            match &turn.next {
                Next::ElicitSlot(asked) => {
                    prop_assert!(!turn.slots.contains_key(asked));
                    let before = order.iter().take_while(|name| *name != asked);
                    prop_assert!(before.into_iter().all(|name| turn.slots.contains_key(name)), "{asked} too early: {turn:?}");
                }
                Next::Ready if turn.intent == intent::REQUEST_ACCOUNT => {
                    prop_assert!(order.iter().all(|name| turn.slots.contains_key(name)), "{turn:?}");
                }
                Next::Confirm => prop_assert!(order.iter().all(|name| turn.slots.contains_key(name))),
                _ => {}
            }
            let kept: Option<Session> = serde_json::from_str(&serde_json::to_string(&talk.session).unwrap()).unwrap();
            prop_assert_eq!(&kept, &talk.session);
        }
    }
}
