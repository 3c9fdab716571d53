//! Transcripts of what people really said and the bot once took for something else.

use super::tests::{Talk, transcript};
use super::{Next, slot};

/// Every pair is a first sentence and what is waited for and known after it.
fn first_sentences(pairs: &[(&str, &str)]) {
    for (said, known) in pairs {
        assert_eq!(Talk::new().say(said), *known, "after `{said}`");
    }
}

#[test]
fn an_account_type_alone_asks_for_an_account_where_nothing_else_is_said() {
    first_sentences(&[
        ("new a sandbox for the fraud team", "RootEmail? AccountType=Sandbox Purpose=the fraud team"),
        ("I want a sandbox", "RootEmail? AccountType=Sandbox"),
        ("give me a sandbox", "RootEmail? AccountType=Sandbox"),
        ("can I get a sandbox?", "RootEmail? AccountType=Sandbox"),
        ("need sandbox", "RootEmail? AccountType=Sandbox"),
        ("sandbox please", "RootEmail? AccountType=Sandbox"),
        ("a sandbox for the fraud team", "RootEmail? AccountType=Sandbox Purpose=the fraud team"),
        ("production for go-live", "RootEmail? AccountType=Production Purpose=go-live"),
        ("this is just a test", "NotUnderstood"),
        ("the sandbox is broken", "NotUnderstood"),
        ("I want production to be faster", "NotUnderstood"),
    ]);
}

#[test]
fn a_bare_account_type_begins_a_request_and_small_talk_does_not() {
    first_sentences(&[
        ("sandbox", "RootEmail? AccountType=Sandbox"),
        ("Production!", "RootEmail? AccountType=Production"),
        ("prod please", "RootEmail? AccountType=Production"),
        ("prod", "RootEmail? AccountType=Production"),
        ("a production account", "RootEmail? AccountType=Production"),
        ("sandbox, a@b.example", "AccountOU? AccountType=Sandbox RootEmail=a@b.example"),
        ("hello", "NotUnderstood"),
        ("test", "NotUnderstood"),
        ("testing, testing", "NotUnderstood"),
        ("is it live?", "NotUnderstood"),
        ("for real", "NotUnderstood"),
        ("is this production?", "NotUnderstood"),
        ("not production", "NotUnderstood"),
        ("production is down", "NotUnderstood"),
        ("a@b.example", "NotUnderstood"),
        ("none", "NotUnderstood"),
    ]);
}

#[test]
fn a_bare_account_type_in_the_middle_is_an_answer_and_nothing_else() {
    let asked_for_the_unit = || {
        let mut talk = Talk::new();
        talk.say("account set called rk for risk scoring with rk-STAGE@corp.example");
        talk.say("111122223333");
        assert!(talk.say("eu-west-1").starts_with("AccountOU?"));
        talk
    };
    for said in ["Sandbox", "Sandbox please", "Sandbox!"] {
        let after = asked_for_the_unit().say(said);
        assert!(after.starts_with("ExecutionPolicy? AccountOU=Sandbox "), "after `{said}`: {after}");
    }
    assert_eq!(asked_for_the_unit().say("give me a sandbox account"), "RootEmail? AccountType=Sandbox");
}

#[test]
fn an_id_that_is_not_known_is_taken_as_said_where_a_blueprint_is_meant() {
    for (said, after) in [
        ("mlops-esc", "Purpose? AccountOU=Demos AccountType=Sandbox Blueprint=mlops-esc RootEmail=a@b.example"),
        (
            "I'd go with mlops-esc",
            "Purpose? AccountOU=Demos AccountType=Sandbox Blueprint=mlops-esc RootEmail=a@b.example",
        ),
        ("mlops-stagee", "Purpose? AccountOU=Demos AccountType=Sandbox Blueprint=mlops-stage RootEmail=a@b.example"),
        ("banana", "Blueprint?? AccountOU=Demos AccountType=Sandbox RootEmail=a@b.example"),
        ("whatever is well-known", "Blueprint?? AccountOU=Demos AccountType=Sandbox RootEmail=a@b.example"),
        ("2026-11-30", "Blueprint?? AccountOU=Demos AccountType=Sandbox RootEmail=a@b.example"),
        ("req-7f3k2a9q", "Ready RequestStatus RequestId=req-7f3k2a9q"),
    ] {
        let mut talk = Talk::new();
        talk.say("sandbox account in Demos with a@b.example");
        assert_eq!(talk.say(said), after, "after `{said}`");
    }
    first_sentences(&[
        ("sandbox account, blueprint: mlops-esc", "RootEmail? AccountType=Sandbox Blueprint=mlops-esc"),
        (
            "sandbox account for the template e-mail flow",
            "RootEmail? AccountType=Sandbox Purpose=the template e-mail flow",
        ),
        ("sandbox account with a blueprint", "RootEmail? AccountType=Sandbox"),
    ]);
}

#[test]
fn small_talk_is_no_typing_slip_of_a_question_word() {
    first_sentences(&[("Hi there, new account please", "AccountType?")]);
}

#[test]
fn values_are_read_out_of_a_sentence_without_taking_the_purpose_apart() {
    first_sentences(&[
        ("sandbox account for x, root a9@b.com", "AccountOU? AccountType=Sandbox Purpose=x RootEmail=a9@b.com"),
        (
            "sandbox account for x with root e-mail <mailto:q8@example.com|q8@example.com>",
            "AccountOU? AccountType=Sandbox Purpose=x RootEmail=q8@example.com",
        ),
        (
            "sandbox account for bob in Demos for reporting",
            "RootEmail? AccountOU=Demos AccountType=Sandbox Purpose=bob for reporting",
        ),
        (
            "sandbox account in the Experiment OU for a demo with the ecs team",
            "RootEmail? AccountOU=Experiment AccountType=Sandbox Purpose=a demo with the ecs team",
        ),
        ("I need an account for a demo", "AccountType? Purpose=a demo"),
        (
            "I need a sandbox account in order to evaluate EKS pricing",
            "RootEmail? AccountType=Sandbox Purpose=evaluate EKS pricing",
        ),
        ("sandbox account for x and mlops-eks", "RootEmail? AccountType=Sandbox Blueprint=mlops-eks Purpose=x"),
        ("sandbox account for (pilot) scoring", "RootEmail? AccountType=Sandbox Purpose=(pilot) scoring"),
        ("sandbox account for \u{1f680} rockets", "RootEmail? AccountType=Sandbox Purpose=\u{1f680} rockets"),
        ("sandbox account for \"card fraud\"", "RootEmail? AccountType=Sandbox Purpose=\"card fraud\""),
        ("sandbox account in Marketing", "RootEmail? AccountOU=Marketing AccountType=Sandbox"),
        (
            "sandbox account in Marketing for reporting",
            "RootEmail? AccountOU=Marketing AccountType=Sandbox Purpose=reporting",
        ),
        ("sandbox account with the foobar blueprint", "RootEmail? AccountType=Sandbox Blueprint=foobar"),
    ]);
}

const ALL_BUT_PURPOSE: &str = "create a sandbox account in Demos with a@b.example and no blueprint";

#[test]
fn a_purpose_is_kept_whole_as_it_was_said() {
    for said in ["a: b, c; d", "(pilot) card scoring", "\u{1f680} rockets!", "none of the other accounts fit"] {
        let mut talk = Talk::new();
        assert!(talk.say(ALL_BUT_PURPOSE).starts_with("Purpose?"));
        let turn = talk.turn(said).unwrap();
        assert_eq!((turn.next, turn.slots[slot::PURPOSE].as_str()), (Next::Confirm, said));
    }
    let mut talk = Talk::new();
    talk.say("sandbox account");
    assert!(talk.say("the purpose is a: b, c; d").ends_with("Purpose=a: b, c; d"));
}

#[test]
fn what_tells_nothing_is_no_purpose() {
    for said in ["yes", "no", ".", "12", "what is that?", "\u{1f937}"] {
        let mut talk = Talk::new();
        talk.say(ALL_BUT_PURPOSE);
        assert!(talk.say(said).starts_with("Purpose??"), "after `{said}`");
    }
}

#[test]
fn two_values_or_all_but_one_are_no_choice() {
    for said in ["production or sandbox", "anything but sandbox", "either sandbox or production?"] {
        let mut talk = Talk::new();
        talk.say("new account");
        assert_eq!(talk.say(said), "AccountType??", "after `{said}`");
    }
    first_sentences(&[("I need a production or sandbox account", "AccountType?")]);
}

#[test]
fn none_is_a_blueprint_only_where_one_is_asked_for_or_named() {
    transcript(
        "sandbox account => RootEmail? AccountType=Sandbox
         none => RootEmail?? AccountType=Sandbox
         a@b.example, no blueprint => AccountOU? AccountType=Sandbox Blueprint=none RootEmail=a@b.example",
    );
    transcript(
        "new account => AccountType?
         neither => AccountType??",
    );
}

#[test]
fn a_conversation_is_begun_anew_where_the_person_says_so() {
    for said in ["new account", "start over", "let's start again", "I would like a new account"] {
        let mut talk = Talk::new();
        for before in [ALL_BUT_PURPOSE, "card scoring"] {
            talk.say(before);
        }
        assert_eq!(talk.say(said), "AccountType?", "after `{said}`");
    }
}

#[test]
fn a_thumb_is_a_yes_to_the_whole() {
    for said in ["\u{1f44d}", "\u{1f44d}\u{1f3fd}", ":+1:", "yep, do it"] {
        let mut talk = Talk::new();
        for before in [ALL_BUT_PURPOSE, "card scoring"] {
            talk.say(before);
        }
        assert!(talk.say(said).starts_with("Ready RequestAccount "), "after `{said}`");
    }
}

#[test]
fn questions_are_answered_and_begin_no_request() {
    first_sentences(&[
        ("what is a sandbox account?", "Ready AboutAccountTypes AccountType=Sandbox"),
        ("what's the difference between production and sandbox?", "Ready AboutAccountTypes AccountType=Sandbox"),
        ("I want to delete my account", "Ready CloseAccount"),
        ("please close my account", "Ready CloseAccount"),
        ("make me two accounts", "Ready SeveralAccounts"),
        ("how long does it take", "Ready AboutTime"),
        ("who approves my request?", "Ready AboutApproval"),
        ("how much does it cost", "Ready DescribeBlueprint"),
        ("what accounts do I have?", "Ready RequestStatus"),
        ("is it ready", "Ready RequestStatus"),
        ("when will it be ready?", "Ready RequestStatus"),
        ("new account for delete-marker tests", "AccountType? Purpose=delete-marker tests"),
        ("new sandbox account for what-if analyses", "RootEmail? AccountType=Sandbox Purpose=what-if analyses"),
    ]);
}

#[test]
fn who_does_not_know_what_to_answer_is_helped_and_asked_again() {
    for (before, said, told) in [
        ("new account", "what's the difference?", "A Sandbox account is for trying things out"),
        ("sandbox account", "what is a root e-mail?", "It becomes the root user"),
        ("sandbox account", "can I use my own email?", "It becomes the root user"),
        ("sandbox account with a@b.example", "what's an OU?", "A group of accounts"),
        ("sandbox account with a@b.example", "I don't know, you choose", "That is fine"),
        (ALL_BUT_PURPOSE, "no idea", "That is fine"),
    ] {
        let mut talk = Talk::new();
        let asked = talk.turn(before).unwrap();
        let turn = talk.turn(said).unwrap();
        assert!(turn.message.starts_with(told) && turn.message.ends_with(&asked.message), "{}", turn.message);
        assert_eq!(turn.next, asked.next, "after `{said}`");
    }
}

#[test]
fn a_purpose_may_begin_like_a_question() {
    let mut talk = Talk::new();
    talk.say("sandbox account in Demos with a@b.example, no blueprint");
    let purpose = "I am not sure yet whether fraud scoring pays off, so a trial";
    assert!(talk.say(purpose).ends_with(&format!("Purpose={purpose} RootEmail=a@b.example")), "{}", talk.say("status"));
}

#[test]
fn what_only_people_with_buttons_or_a_terminal_can_do_is_explained() {
    for word in ["approve", "deny", "retry", "roll back", "rollback"] {
        let turn = Talk::new().turn(&format!("{word} req-7f3k2a9q")).unwrap();
        assert_eq!((turn.intent.as_str(), &turn.next), ("ActOnRequest", &Next::Ready), "after `{word}`");
        assert!(turn.message.contains("`/account approve req-7f3k2a9q`"), "{}", turn.message);
    }
}

#[test]
fn an_idle_conversation_says_that_it_ended() {
    let mut talk = Talk::new();
    talk.say("sandbox account");
    talk.pass(601);
    let turn = talk.turn("a@b.example").unwrap();
    assert_eq!(turn.next, Next::NotUnderstood);
    assert_eq!(
        turn.message,
        "Our conversation ended after 10 minutes of silence, and nothing was requested. \
         Say \"new account\" to begin anew."
    );
    assert!(talk.turn("a@b.example").unwrap().message.contains("I am the account bot"), "it is said once");
    talk.say("sandbox account");
    talk.pass(601);
    assert_eq!(talk.say("new account"), "AccountType?");
}

#[test]
fn a_question_in_between_tells_where_the_conversation_stands() {
    let mut talk = Talk::new();
    talk.say("sandbox account");
    let turn = talk.turn("status").unwrap();
    let behind = turn.behind.expect("a conversation goes on");
    assert_eq!(behind.next, Next::ElicitSlot(slot::ROOT_EMAIL.to_owned()));
    assert_eq!(behind.slots[slot::ACCOUNT_TYPE], "Sandbox");
}

#[test]
fn the_addresses_of_a_set_are_taken_out_of_the_first_sentence() {
    let one = Talk::new().say("account set called rk for risk scoring with rk-STAGE@corp.example");
    assert_eq!(one, "GovernanceAccount? Purpose=risk scoring RootEmails=rk-STAGE@corp.example SetName=rk");
    let three = Talk::new().say("account set called rk with a@b.example, c@b.example and d@b.example");
    assert_eq!(three, "GovernanceAccount? RootEmails=a@b.example, c@b.example, d@b.example SetName=rk");
}
