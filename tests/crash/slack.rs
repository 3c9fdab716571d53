//! The journey in Slack. Ada fills the form, Grace presses Approve, Ada asks for a
//! second account in direct messages; every delivery comes again when its answer was
//! lost, and all of them once more at the end, as Slack sends them after a crash.
//!
//! The rule for what people see after one crash: a card stands once, because it is marked
//! and looked for before it is posted again. Any other words (an answer, a whisper)
//! may stand twice, the last ones only: Slack has no key to post under, and saying
//! nothing would be worse.

use std::time::Instant;

use jiff::Timestamp;
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

use crate::fakes::slack::{APPROVALS, BOT_TOKEN, Message, SIGNING_SECRET, Slack};
use crate::installation::{Fault, Installation, PATIENCE, PAUSE, Server};
use crate::payloads::{self, Delivery};

const GROUP: &str = "SAPPROVERS";
const FORM: [(&str, &str); 5] = [
    ("account_type", "[Sandbox]"),
    ("root_email", "form-root@corp.example"),
    ("organizational_unit", "[ou-ab12-3c4d5e6f]"),
    ("blueprint", "[none]"),
    ("purpose", "Trying out a training job"),
];
/// What Ada says, and what the answer to it says and nothing else does.
const TALK: [(&str, &str); 7] = [
    ("Hi, I would like a new account please!", "what account type"),
    ("Sandbox", "Which root e-mail"),
    ("talk-root@corp.example", "Which organizational unit"),
    ("Demos", "Which blueprint"),
    ("none", "What is the account for"),
    ("Trying out inference", "[Yes]"),
    ("Yes", "approvers have been asked"),
];

struct Journey {
    slack: Slack,
    installation: Installation,
    server: Server,
    delivered: Vec<Delivery>,
}

/// A whole run; what it left behind is checked.
pub async fn run(what: &str, faults: Vec<Fault>) -> Installation {
    let killed = !faults.is_empty();
    let mut journey = Journey::begin(faults).await;
    journey.the_form().await;
    journey.the_conversation().await;
    journey.the_rest().await;
    journey.everything_again().await;
    journey.installation.until_told(&mut journey.server, 2).await;
    journey.server.child.kill().await.unwrap();
    assert!(!killed || journey.installation.interruptions() > 0, "{what}: nothing died there");
    journey.check_what_people_see(what, killed);
    let canaries = [FORM[1].1, TALK[2].1, "ada@example.com", "approver@example.com", BOT_TOKEN, SIGNING_SECRET];
    journey.installation.check(what, 2, &canaries).await;
    journey.slack.read_everything();
    journey.installation
}

impl Journey {
    async fn begin(faults: Vec<Fault>) -> Self {
        let slack = Slack::start().await;
        slack.person("UADA", "ada@example.com", "Ada Lovelace");
        slack.person("UGRACE", "approver@example.com", "Grace Hopper");
        slack.group(GROUP, &["UGRACE"]);
        let api = format!("{}/api/", slack.url);
        let settings = [
            ("VEND_SLACK__API_URL", api.as_str()),
            ("VEND_SLACK__SIGNING_SECRET", SIGNING_SECRET),
            ("VEND_SLACK__BOT_TOKEN", BOT_TOKEN),
            ("VEND_SLACK__APPROVALS_CHANNEL", APPROVALS),
            ("VEND_POLICY__FILE", "policy.yaml"),
        ];
        let installation = Installation::new(&settings, faults);
        let shipped = include_str!("../../manifests/policy.yaml");
        let approvers = "approvers: [approver@example.com]";
        let policy = shipped.replace(approvers, &format!("{approvers}\n    slack_groups: [{GROUP}]"));
        std::fs::write(installation.path("policy.yaml"), policy).unwrap();
        let server = installation.start().await;
        Self { slack, installation, server, delivered: Vec::new() }
    }

    /// Ada asks with the form, Grace presses Approve.
    async fn the_form(&mut self) {
        self.deliver(payloads::command(&self.slack, "UADA", "")).await;
        let form = self.until("the form opens", Slack::opened).await;
        self.deliver(payloads::submit("UADA", &form, &FORM)).await;
        self.approve(0).await;
    }

    /// Ada asks in direct messages, Grace presses Approve.
    async fn the_conversation(&mut self) {
        for (text, answer) in TALK {
            self.deliver(payloads::direct(&self.slack, "UADA", text)).await;
            self.until(answer, |slack| reads(slack, "DUADA", answer, 1)).await;
        }
        self.approve(1).await;
    }

    /// What touches no request: a mention, two commands, the home page.
    async fn the_rest(&mut self) {
        for delivery in payloads::mention(&self.slack, "UADA", "help").1 {
            self.deliver(delivery).await;
        }
        self.until("the mention is answered", |slack| reads(slack, "CTEAM", "", 1)).await;
        let words = self.slack.standing(APPROVALS)[0].words();
        let short = words.split_whitespace().find(|word| word.starts_with("req-")).expect("the card names the request");
        for text in ["list".to_owned(), format!("status {short}")] {
            self.deliver(payloads::command(&self.slack, "UADA", &text)).await;
        }
        self.until("two whispers", |slack| reads_aside(slack, "UADA", 2)).await;
        self.deliver(payloads::home_opened(&self.slack, "UADA")).await;
        self.until("the home page", |slack| (slack.calls("views.publish") > 0).then_some(())).await;
    }

    /// The copies Slack sends when it never saw the acknowledgement.
    async fn everything_again(&mut self) {
        for delivery in std::mem::take(&mut self.delivered) {
            self.send(&delivery, 1).await;
        }
        // Intake goes by arrival: when this is answered, the copies were taken.
        let before = self.slack.calls("views.publish");
        self.deliver(payloads::home_opened(&self.slack, "UGRACE")).await;
        self.until("the last page", |slack| (slack.calls("views.publish") > before).then_some(())).await;
    }

    /// Grace presses Approve on the nth card and the account comes.
    async fn approve(&mut self, nth: usize) {
        let card = self.until("the card", |slack| slack.standing(APPROVALS).into_iter().nth(nth)).await;
        self.deliver(payloads::press(&self.slack, "UGRACE", &card, "Approve")).await;
        self.until("Grace hears", |slack| reads_aside(slack, "UGRACE", nth + 1)).await;
        self.until("the account", |slack| reads(slack, "DUADA", "How to sign in", nth + 1)).await;
    }

    async fn deliver(&mut self, delivery: Delivery) {
        self.send(&delivery, 0).await;
        self.delivered.push(delivery);
    }

    /// Until it is acknowledged.
    async fn send(&mut self, delivery: &Delivery, mut nth: u32) {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "{} is not acknowledged", delivery.path);
            let stamp = Timestamp::now().as_second().to_string();
            let mut call = self.installation.request(&self.server, "POST", delivery.path);
            call = call.header(SIGNATURE_HEADER, sign(SIGNING_SECRET, &stamp, delivery.body.as_bytes()));
            call = call.header(TIMESTAMP_HEADER, stamp).body(delivery.body.clone());
            if nth > 0 {
                call = call.header("x-slack-retry-num", nth).header("x-slack-retry-reason", "http_timeout");
            }
            match self.installation.call(call).await {
                Some((200, _)) => return,
                Some((status, text)) => assert!(status >= 500, "{}: {status} {text}", delivery.path),
                None => {}
            }
            nth += 1;
            self.installation.revive(&mut self.server).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn until<T>(&mut self, what: &str, look: impl Fn(&Slack) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(seen) = look(&self.slack) {
                return seen;
            }
            let log = || self.installation.log();
            assert!(begun.elapsed() < PATIENCE, "waiting for {what}:\n{:#?}\n{}", self.slack.read_everything(), log());
            self.installation.revive(&mut self.server).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn check_what_people_see(&self, what: &str, killed: bool) {
        let direct = self.slack.standing("DUADA");
        let is_card = |message: &&Message| message.words().contains("How to sign in");
        assert_eq!(direct.iter().filter(is_card).count(), 2, "{what}: Ada's cards, brought up to date");
        assert_eq!(self.slack.standing(APPROVALS).len(), 2, "{what}: the approvers' cards");
        let asides = self.slack.read_everything().iter().filter(|(channel, _)| channel == "aside").count();
        let said = [direct.len() - 2, self.slack.standing("CTEAM").len(), asides];
        // Grace hears twice, Ada's two commands are answered.
        let asked = [TALK.len(), 1, 4];
        let repeated: usize = said.iter().zip(asked).map(|(said, asked)| said.saturating_sub(asked)).sum();
        assert!(said.iter().zip(asked).all(|(said, asked)| *said >= asked), "{what}: {said:?} of {asked:?} answers");
        let seen = || self.slack.read_everything();
        assert!(repeated <= usize::from(killed) * 3, "{what}: {repeated} answers stand twice:\n{:#?}", seen());
    }
}

fn reads(slack: &Slack, channel: &str, words: &str, times: usize) -> Option<()> {
    (slack.standing(channel).iter().filter(|message| message.words().contains(words)).count() >= times).then_some(())
}

fn reads_aside(slack: &Slack, user: &str, times: usize) -> Option<()> {
    (slack.whispered(user) >= times).then_some(())
}
