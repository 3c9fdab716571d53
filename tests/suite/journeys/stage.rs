//! Where a journey is played: people speak, click and read their mail, and all of it
//! is written down as they saw it.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;
use serde_json::json;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::{Request, State};
use vend::ports::clock::Clock as _;
use vend::ports::store::RequestStore as _;
use vend::say::moment;

use crate::fakes::requests::ada;
use crate::fakes::world::{Letter, Setup, World};
use crate::promises;

/// Grace decides on sandboxes; production accounts need her and Heidi; Oscar is asked
/// when nobody reacts; what robot@example.com asks for needs nobody.
pub const POLICY: &str = r#"
requesters:
  - who: ["*"]
    account_types: [Production, Sandbox]
approvals:
  - name: Production accounts
    account_types: [Production]
    approvals: 2
    approvers: [grace@example.com, heidi@example.com]
  - name: Sandbox accounts
    account_types: [Sandbox]
    approvals: 1
    approvers: [grace@example.com]
auto_approval:
  - name: Sandboxes for the build robot
    account_types: [Sandbox]
    blueprints: [none]
    requesters: [robot@example.com]
self_approval: never
channels: [mail, slack, api, cli]
expires_after: 48h
reminders: [24h, 40h]
escalation:
  after_reminder: 2
  to: [oscar@example.com]
limits:
  open_requests: 10
"#;

static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\?t=[A-Za-z0-9_.-]+").expect("a pattern"));

static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[^>]*>").expect("a pattern"));

/// The stage.
pub struct Stage {
    pub world: World,
    transcript: String,
    mails_read: usize,
}

impl Stage {
    pub async fn new() -> Self {
        Self::in_world(Setup::default().policy(POLICY).build().await)
    }

    pub fn in_world(world: World) -> Self {
        Self { world, transcript: String::new(), mails_read: 0 }
    }

    /// A line between the lines.
    pub fn note(&mut self, text: &str) {
        writeln!(self.transcript, "\n[{}] {text}", moment::utc(self.world.clock.now())).expect("memory");
    }

    /// Ada says something over `POST /account`; answers the request's id once there is one.
    pub async fn ada_says(&mut self, text: &str) -> Option<RequestId> {
        let turn = json!({
            "UserEmail": "ada@example.com", "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": text,
        });
        let answer = self.world.post("/account", &turn).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        let said = answer["response"].as_str().expect("an answer");
        writeln!(self.transcript, "Ada   {text}\nvend  {}", said.replace('\n', "\n      ")).expect("memory");
        answer["request-id"].as_str().map(|id| id.parse().expect("an id"))
    }

    /// Ada asks for a sandbox in one go; no line is written.
    pub async fn ada_asked(&self, root_email: &str) -> RequestId {
        self.asked(&ada().email, "Sandbox", root_email).await
    }

    /// Somebody asks for an account in one go; no line is written.
    pub async fn asked(&self, who: &str, account_type: &str, root_email: &str) -> RequestId {
        let draft = json!({
            "account_type": account_type, "root_email": root_email, "organizational_unit": "Sandbox",
            "purpose": "Trying out a training job",
        });
        let draft = serde_json::from_value(draft).expect("a draft");
        let requester = crate::fakes::requests::requester(who);
        let actor = Actor::person(who, Channel::Api);
        let made = self.world.service.submit(&draft, &requester, &actor, None).await;
        made.unwrap_or_else(|error| panic!("{}", error.sentence())).id.parse().expect("an id")
    }

    /// Everyone reads the mail that came since the last time, whole.
    pub fn mail_is_read(&mut self) {
        self.mail_about("");
    }

    /// As [`Self::mail_is_read`], but only what has these words in its subject.
    pub fn mail_about(&mut self, words: &str) {
        for letter in self.new_mail().into_iter().filter(|letter| letter.subject.contains(words)) {
            let text = TOKEN.replace_all(letter.text.trim_end(), "?t=<token>").replace('\n', "\n    | ");
            writeln!(self.transcript, "\nMail for {}: {}\n    | {text}", letter.to, letter.subject).expect("memory");
        }
    }

    /// Only who got which mail.
    pub fn mail_is_glanced_at(&mut self) {
        for letter in self.new_mail() {
            writeln!(self.transcript, "Mail for {}: {}", letter.to, letter.subject).expect("memory");
        }
    }

    fn new_mail(&mut self) -> Vec<Letter> {
        let all = self.world.mails();
        let new = all[self.mails_read..].to_vec();
        self.mails_read = all.len();
        new
    }

    /// Lets everything happen that is due, and writes down where the request stands.
    pub async fn settle(&mut self, id: RequestId) {
        self.world.settle().await;
        self.status(id).await;
    }

    /// Time passes.
    pub async fn wait_hours(&mut self, hours: u64) {
        self.world.wait(Duration::from_secs(hours * 3600)).await;
        self.note(&format!("{hours} hours later"));
    }

    /// What the bot says about a request.
    pub async fn status(&mut self, id: RequestId) {
        let view = self.world.service.show(id).await.expect("a request");
        writeln!(self.transcript, "\n      {}", vend::say::talk::status_line(&view)).expect("memory");
    }

    /// An approver presses a button on the page behind the link in their mail.
    pub async fn presses(&mut self, email: &str, decision: &str, reason: &str, id: RequestId) -> u16 {
        let short = id.short();
        let mails = self.world.mails();
        let mine = mails.iter().rfind(|mail| mail.to == email && mail.subject.contains(&short));
        let link = mine.unwrap_or_else(|| panic!("{email} was not asked about {short}")).link();
        let name = self.request(id).await.submission.spec.account_name;
        let token = link.split("?t=").nth(1).expect("a token");
        let fields = [("t", token), ("decision", decision), ("reason", reason), ("account_name", &name)];
        let path = link.split('?').next().expect("a path");
        let page = self.world.anyone().post_form(path, &fields).await;
        let who = email.split('@').next().unwrap_or_default();
        writeln!(self.transcript, "\n{who} presses {decision}: {}", heading(&page.text())).expect("memory");
        page.status
    }

    pub async fn request(&self, id: RequestId) -> Request {
        self.world.store.load(id).await.expect("a request")
    }

    /// The states it went through, like `pending > approved > queued`.
    pub async fn path(&self, id: RequestId) -> String {
        let history = self.world.history(&id.to_string()).await;
        let states = (1..=history.len()).map(|n| Request::fold(&history[..n]).expect("a history").state.word());
        let mut path: Vec<_> = states.collect();
        path.dedup();
        path.join(" > ")
    }

    /// The end of the journey: it stands in this state, every promise is kept.
    pub async fn ends(self, id: RequestId, state: State) -> String {
        assert_eq!(self.request(id).await.state, state, "\n{}", self.transcript);
        promises::assert_kept(&self.world.evidence().await);
        self.transcript
    }
}

/// What the page says first.
fn heading(page: &str) -> String {
    let heading = page.split("<h1").nth(1).and_then(|rest| rest.split("</h1>").next()).unwrap_or_default();
    let main = page.split("</h1>").nth(1).unwrap_or_default();
    let first = main.split("<p").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap_or_default();
    format!("{} / {}", words(heading), words(first))
}

/// What stands between the tags, behind the rest of an opening one.
fn words(html: &str) -> String {
    let text = html.split_once('>').map_or("", |(_, text)| text);
    TAG.replace_all(text, "").split_whitespace().collect::<Vec<_>>().join(" ")
}
