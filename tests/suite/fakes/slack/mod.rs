//! A small Slack: people, channels, messages, forms and response URLs behind
//! the real Web API addresses on the loopback interface. It fails a test that
//! asks for something Slack does not have, overruns a one-time pass, or leaves a
//! message unread.

mod blocks;
mod fields;
mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use vend::adapters::slack::SlackSettings;

use blocks::{button, url, words};
use fields::form;

pub const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub const BOT_TOKEN: &str = "xoxb-canary-token";
pub const TEAM: &str = "T0CORP";
pub const BOT: &str = "UBOT";
pub const APPROVALS: &str = "CAPPROVE";

/// A running Slack.
pub struct Slack {
    world: Arc<Mutex<World>>,
    pub url: String,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct World {
    people: BTreeMap<String, Value>,
    groups: BTreeMap<String, Vec<String>>,
    messages: Vec<Message>,
    views: Vec<Value>,
    homes: BTreeMap<String, Value>,
    passes: BTreeSet<String>,
    complaints: Vec<String>,
    faults: Vec<(String, Fault)>,
    calls: Vec<String>,
    base: String,
    count: u64,
}

/// What goes wrong with the next call of a method.
#[derive(Debug, Clone)]
pub enum Fault {
    /// 429 with this Retry-After.
    Throttled(u64),
    /// 500.
    Down,
    /// `ok: false` with this word.
    Word(&'static str),
    /// It is done, but the answer is lost.
    AnswerLost,
}

/// Something the bot said.
#[derive(Debug, Clone)]
pub struct Message {
    pub channel: String,
    pub ts: String,
    pub thread: Option<String>,
    /// The one person who sees it, if it is not for everybody.
    pub only_for: Option<String>,
    pub edits: u32,
    /// Edits that changed nothing.
    pub needless: u32,
    metadata: Value,
    body: Value,
    read: bool,
}

impl Message {
    /// Everything to read on it, buttons in brackets.
    pub fn words(&self) -> String {
        words(&self.body["blocks"])
    }

    /// Where the button with this label leads.
    pub fn url_of(&self, label: &str) -> String {
        url(&self.body["blocks"], label).unwrap_or_else(|| panic!("no link {label} on:\n{}", self.words()))
    }

    /// The button with this label.
    pub fn button(&self, label: &str) -> (String, String) {
        button(&self.body["blocks"], label).unwrap_or_else(|| panic!("no button {label} on:\n{}", self.words()))
    }
}

impl Slack {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World { base: url.clone(), ..World::default() }));
        let router = Router::new()
            .route("/api/{method}", post(call))
            .route("/respond/{id}", post(respond))
            .with_state(Arc::clone(&world));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, url, server }
    }

    pub fn settings(&self) -> SlackSettings {
        SlackSettings {
            signing_secret: SIGNING_SECRET.into(),
            previous_signing_secret: None,
            bot_token: BOT_TOKEN.into(),
            api_url: format!("{}/api/", self.url).parse().unwrap(),
            approvals_channel: Some(APPROVALS.into()),
            team_ids: Vec::new(),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Somebody with a profile.
    pub fn person(&self, id: &str, email: &str, name: &str) {
        let (first, last) = name.split_once(' ').unwrap();
        let profile = json!({ "email": email, "first_name": first, "last_name": last, "real_name": name });
        let user = json!({ "id": id, "team_id": TEAM, "profile": profile });
        self.world().people.insert(id.to_owned(), user);
    }

    /// Changes one field of somebody's account.
    pub fn change_person(&self, id: &str, pointer: &str, value: Value) {
        *self.world().people.get_mut(id).unwrap().pointer_mut(pointer).unwrap() = value;
    }

    /// A user group with members.
    pub fn group(&self, id: &str, members: &[&str]) {
        self.world().groups.insert(id.to_owned(), members.iter().map(|m| (*m).to_owned()).collect());
    }

    /// The next call of `method` goes wrong like this.
    pub fn fail_next(&self, method: &str, fault: Fault) {
        self.world().faults.push((method.to_owned(), fault));
    }

    /// The next message for a channel goes wrong like this.
    pub fn fail_next_in(&self, channel: &str, fault: Fault) {
        self.world().faults.push((channel.to_owned(), fault));
    }

    /// A one-time pass as it comes with a click or command.
    pub fn pass(&self) -> String {
        let mut world = self.world();
        let pass = world.next("pass");
        world.passes.insert(pass.clone());
        pass
    }

    /// A response URL for one person.
    pub fn response_url(&self, user: &str) -> String {
        format!("{}/respond/{user}", self.url)
    }

    /// A fresh number in a name.
    pub fn fresh(&self, prefix: &str) -> String {
        self.world().next(prefix)
    }

    /// How often a method was called.
    pub fn calls(&self, method: &str) -> usize {
        self.world().calls.iter().filter(|called| *called == method).count()
    }

    /// All methods that were called.
    pub fn methods_called(&self) -> BTreeSet<String> {
        self.world().calls.iter().cloned().collect()
    }

    /// Everything that stands anywhere, in order, now read.
    pub fn read_everything(&self) -> Vec<(String, String)> {
        let mut world = self.world();
        world.views.clear();
        world.messages.iter_mut().for_each(|message| message.read = true);
        world.messages.iter().map(|message| (message.channel.clone(), message.words())).collect()
    }

    /// The oldest unread message in a conversation; now it is read.
    pub fn read(&self, channel: &str) -> Message {
        self.take(|message| message.channel == channel && message.only_for.is_none())
            .unwrap_or_else(|| panic!("nothing to read in {channel}; unread: {:?}", self.unread()))
    }

    /// The oldest unread message that only one person sees; now it is read.
    pub fn read_aside(&self, user: &str) -> Message {
        self.take(|message| message.only_for.as_deref() == Some(user))
            .unwrap_or_else(|| panic!("nothing aside for {user}; unread: {:?}", self.unread()))
    }

    fn take(&self, is_it: impl Fn(&Message) -> bool) -> Option<Message> {
        let mut world = self.world();
        let message = world.messages.iter_mut().find(|message| !message.read && is_it(message))?;
        message.read = true;
        Some(message.clone())
    }

    /// A message as it stands now.
    pub fn look_at(&self, message: &Message) -> Message {
        let mut world = self.world();
        let same = |m: &&mut Message| m.channel == message.channel && m.ts == message.ts;
        let message = world.messages.iter_mut().find(same).expect("the message is still there");
        message.read = true;
        message.clone()
    }

    /// How many messages stand in a conversation.
    pub fn count_in(&self, channel: &str) -> usize {
        self.world().messages.iter().filter(|message| message.channel == channel).count()
    }

    /// The form that was opened last; now it is closed.
    pub fn form(&self) -> Value {
        self.opened().expect("a form was opened")
    }

    /// The home page of somebody, as text.
    pub fn home_of(&self, user: &str) -> String {
        words(&self.world().homes.remove(user).expect("a home page")["blocks"])
    }

    fn unread(&self) -> Vec<(String, String)> {
        let world = self.world();
        world.messages.iter().filter(|m| !m.read).map(|m| (m.channel.clone(), m.words())).collect()
    }

    /// Everything was read, and nothing was asked that Slack does not have.
    pub fn assert_settled(&self) {
        let (complaints, views) = {
            let world = self.world();
            (world.complaints.clone(), world.views.len())
        };
        assert!(complaints.is_empty(), "Slack was asked wrongly: {complaints:#?}");
        assert_eq!(self.unread(), [], "messages nobody read");
        assert_eq!(views, 0, "forms nobody looked at");
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        self.server.abort();
        if !std::thread::panicking() {
            self.assert_settled();
        }
    }
}

impl World {
    fn next(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}{}", self.count)
    }

    fn complain(&mut self, complaint: impl Into<String>) -> Value {
        self.complaints.push(complaint.into());
        json!({ "ok": false, "error": "fake_complains" })
    }

    fn fault(&mut self, method: &str) -> Option<Fault> {
        let at = self.faults.iter().position(|(name, _)| name == method)?;
        Some(self.faults.remove(at).1)
    }

    fn answer(&mut self, method: &str, body: &Value) -> Value {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        match method {
            "auth.test" => json!({ "ok": true, "user_id": BOT, "team_id": TEAM, "bot_id": "BBOT" }),
            "users.info" => self.person_or("user_not_found", |user| user["id"] == text("user")),
            "users.lookupByEmail" => {
                self.person_or("users_not_found", |user| user["profile"]["email"] == text("email"))
            }
            "conversations.open" if self.people.contains_key(&text("users")) => {
                json!({ "ok": true, "channel": { "id": format!("D{}", text("users")) } })
            }
            "conversations.history" => self.history(&text("channel")),
            "chat.postMessage" => self.post(body, None),
            "chat.postEphemeral" => self.post(body, Some(text("user"))),
            "chat.update" => self.update(body),
            "views.open" => self.open_view(body),
            "views.publish" => {
                self.homes.insert(text("user_id"), body["view"].clone());
                json!({ "ok": true })
            }
            "usergroups.users.list" => match self.groups.get(&text("usergroup")) {
                Some(users) => json!({ "ok": true, "users": users }),
                None => json!({ "ok": false, "error": "no_such_subteam" }),
            },
            _ => self.complain(format!("{method} {body}")),
        }
    }

    fn person_or(&self, error: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        match self.people.values().find(|user| is_it(user)) {
            Some(user) => json!({ "ok": true, "user": user }),
            None => json!({ "ok": false, "error": error }),
        }
    }

    fn post(&mut self, body: &Value, only_for: Option<String>) -> Value {
        let channel = body["channel"].as_str().unwrap_or_default().to_owned();
        if channel.is_empty() || !body["blocks"].is_array() || !body["text"].is_string() {
            return self.complain(format!("a message without channel, text or blocks: {body}"));
        }
        let ts = self.next("1763715600.");
        self.messages.push(Message {
            channel: channel.clone(),
            ts: ts.clone(),
            thread: body["thread_ts"].as_str().map(str::to_owned),
            only_for,
            edits: 0,
            needless: 0,
            metadata: body["metadata"].clone(),
            body: body.clone(),
            read: false,
        });
        json!({ "ok": true, "channel": channel, "ts": ts })
    }

    fn update(&mut self, body: &Value) -> Value {
        let same = |m: &&mut Message| body["channel"] == m.channel && body["ts"] == m.ts;
        let Some(message) = self.messages.iter_mut().find(same) else {
            return json!({ "ok": false, "error": "message_not_found" });
        };
        message.needless += u32::from(message.body["blocks"] == body["blocks"]);
        message.body = body.clone();
        message.edits += 1;
        json!({ "ok": true, "channel": body["channel"], "ts": body["ts"] })
    }

    fn history(&self, channel: &str) -> Value {
        let messages = self.messages.iter().rev().filter(|m| m.channel == channel && m.thread.is_none());
        let messages: Vec<_> = messages.map(|m| json!({ "ts": m.ts, "metadata": m.metadata })).collect();
        json!({ "ok": true, "messages": messages })
    }

    fn open_view(&mut self, body: &Value) -> Value {
        let pass = body["trigger_id"].as_str().unwrap_or_default();
        if !self.passes.remove(pass) {
            return json!({ "ok": false, "error": "expired_trigger_id" });
        }
        let id = self.next("V");
        let mut view = body["view"].clone();
        view["id"] = id.into();
        self.views.push(view);
        json!({ "ok": true })
    }
}

async fn call(
    State(world): State<Arc<Mutex<World>>>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let mut world = world.lock().unwrap();
    let authorised = headers.get("authorization").is_some_and(|v| v == &format!("Bearer {BOT_TOKEN}"));
    if !authorised {
        world.complain(format!("{method} without the token"));
    }
    world.calls.push(method.clone());
    let json = headers.get("content-type").is_some_and(|v| v.to_str().unwrap().starts_with("application/json"));
    let body = if json { serde_json::from_str(&body).unwrap() } else { form(&body) };
    let channel = body["channel"].as_str().unwrap_or_default().to_owned();
    match world.fault(&method).or_else(|| world.fault(&channel)) {
        None => axum::Json(world.answer(&method, &body)).into_response(),
        Some(Fault::Throttled(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Some(Fault::Down) => (StatusCode::INTERNAL_SERVER_ERROR, "canary stack trace").into_response(),
        Some(Fault::Word(error)) => axum::Json(json!({ "ok": false, "error": error })).into_response(),
        Some(Fault::AnswerLost) => {
            world.answer(&method, &body);
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

async fn respond(State(world): State<Arc<Mutex<World>>>, Path(user): Path<String>, body: String) -> Response {
    let mut world = world.lock().unwrap();
    if world.fault("respond").is_some() {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let mut body: Value = serde_json::from_str(&body).unwrap();
    body["channel"] = "aside".into();
    world.post(&body, Some(user));
    "ok".into_response()
}
