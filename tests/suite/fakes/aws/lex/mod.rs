//! Amazon Lex V2's runtime, played: sessions on a clock, null for every slot without
//! a value, attributes replaced, one turn at a time. What a sentence means it takes
//! from the pure engine, less what Lex cannot do: no slot of type
//! `AMAZON.FreeFormInput` out of a sentence (and no intent switch when one is asked
//! for), no corrections, and a switch of intent loses the conversation.

mod brain;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use vend::domain::dialogue::{Bot, Next, Slots, prompt};
use vend::ports::clock::Clock as _;

use super::wire::{Answer, Call, Played};
use crate::fakes::clock::TestClock;

/// Where the bot lives.
pub const BOT_ID: &str = "ABCDEFGHIJ";
pub const ALIAS_ID: &str = "KLMNOPQRST";

/// What goes wrong with the next calls of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// 429: nothing was taken.
    Throttled,
    /// 409: nothing was taken.
    Conflict,
    /// 424, 500 and 502: nothing was taken, but nobody can know.
    Failed(u16, &'static str),
    /// 400, 403, 404.
    Refused(u16, &'static str),
    /// Taken, and the answer is lost.
    DroppedAfter,
    /// Somebody took the confirmation out of the bot: it says it is ready without one.
    SkipsTheYes,
}

/// A session as Lex keeps it.
#[derive(Debug, Clone, Default)]
struct Kept {
    intent: String,
    slots: Slots,
    next: Option<Next>,
    state: &'static str,
    confirmation: &'static str,
    attributes: BTreeMap<String, String>,
    messages: Vec<String>,
    misses: u32,
    expires: Timestamp,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a knob of its own")]
struct Inner {
    sessions: HashMap<String, Kept>,
    in_turn: HashSet<String>,
    script: Vec<(&'static str, Trouble)>,
    calls: Vec<(String, Value)>,
    down: bool,
    sparing: bool,
    fulfilled: bool,
    raw: bool,
}

/// The service with one bot.
pub struct Lex {
    bot: Bot,
    clock: TestClock,
    inner: Mutex<Inner>,
    gate: Semaphore,
    held: Mutex<bool>,
}

impl Lex {
    pub fn new(clock: TestClock) -> Arc<Self> {
        let gate = Semaphore::new(0);
        Arc::new(Self { bot: Bot::shipped(), clock, inner: Mutex::default(), gate, held: Mutex::new(false) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Every call fails from now on.
    pub fn goes_down(&self, down: bool) {
        self.inner().down = down;
    }

    /// The next call of this operation (`text`, `get`, `put`, `delete`) goes wrong; call again for more.
    pub fn next(&self, operation: &'static str, trouble: Trouble) {
        self.inner().script.push((operation, trouble));
    }

    /// Leaves out every member of an answer that may be left out.
    pub fn spares_members(&self) {
        self.inner().sparing = true;
    }

    /// Says `Fulfilled` where a bot without a hook says `ReadyForFulfillment`.
    pub fn fulfils(&self) {
        self.inner().fulfilled = true;
    }

    /// Sends prompts with `{Slot}` and `[attribute]` as they are written.
    pub fn leaves_placeholders(&self) {
        self.inner().raw = true;
    }

    /// The next turn stays under way until [`Self::lets_go`].
    pub fn holds_turns(&self) {
        *self.held.lock().unwrap() = true;
    }

    pub fn lets_go(&self) {
        *self.held.lock().unwrap() = false;
        self.gate.add_permits(1);
    }

    /// Whether a turn is under way.
    pub fn is_in_turn(&self) -> bool {
        !self.inner().in_turn.is_empty()
    }

    /// Ids of the sessions there are.
    pub fn sessions(&self) -> Vec<String> {
        self.inner().sessions.keys().cloned().collect()
    }

    /// Every call so far: operation and body.
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.inner().calls.clone()
    }

    /// How often an operation was called.
    pub fn count(&self, operation: &str) -> usize {
        self.inner().calls.iter().filter(|(called, _)| called == operation).count()
    }

    fn live(&self, id: &str) -> Option<Kept> {
        self.inner().sessions.get(id).filter(|kept| self.clock.now() < kept.expires).cloned()
    }

    fn keep(&self, id: &str, mut kept: Kept) {
        let idle = SignedDuration::from_secs(i64::from(self.bot.idle_session_seconds));
        kept.expires = self.clock.now() + idle;
        self.inner().sessions.insert(id.to_owned(), kept);
    }

    async fn text(&self, id: &str, body: &Value) -> Answer {
        let text = body["text"].as_str().expect("a text");
        let units = text.encode_utf16().count();
        if text.trim().is_empty() || !(1..=1024).contains(&units) {
            return Answer::refused("ValidationException", "Value at 'text' failed to satisfy constraint");
        }
        if !self.inner().in_turn.insert(id.to_owned()) {
            let message = "Your request couldn't be completed because of a concurrent request".to_owned();
            return Answer::Error { status: 409, kind: "ConflictException", message };
        }
        if *self.held.lock().unwrap() {
            self.gate.acquire().await.unwrap().forget();
        }
        let mut kept = self.live(id).unwrap_or_default();
        assert!(body["sessionState"].get("intent").is_none(), "our adapter sets no intent with a text: {body}");
        if let Some(attributes) = body["sessionState"].get("sessionAttributes") {
            kept.attributes = serde_json::from_value(attributes.clone()).unwrap();
        }
        let after = self.understand(kept, text);
        let answer = self.shown(id, &after);
        self.keep(id, after);
        self.inner().in_turn.remove(id);
        Answer::Json(answer)
    }

    fn put(&self, id: &str, body: &Value) -> Answer {
        let state = &body["sessionState"];
        let intent = &state["intent"];
        let known = self.bot.intent(intent["name"].as_str().expect("an intent")).expect("an intent of the bot");
        let mut slots = Slots::new();
        for (name, slot) in intent["slots"].as_object().into_iter().flatten() {
            assert!(known.slot(name).is_some(), "{} has no slot {name}", known.name);
            slots.insert(name.clone(), slot["value"]["interpretedValue"].as_str().expect("a value").to_owned());
        }
        let next = match state["dialogAction"]["type"].as_str().expect("a dialog action") {
            "ElicitSlot" => Next::ElicitSlot(state["dialogAction"]["slotToElicit"].as_str().unwrap().to_owned()),
            "ConfirmIntent" => Next::Confirm,
            other => panic!("our adapter never puts {other}"),
        };
        let attributes = serde_json::from_value(state["sessionAttributes"].clone()).unwrap_or_default();
        let kept = Kept { intent: known.name.clone(), slots, attributes, ..Kept::default() };
        let mut kept = Kept { next: Some(next), state: "InProgress", confirmation: "None", ..kept };
        kept.messages = vec![self.question(&kept, false)];
        self.keep(id, kept);
        Answer::Json(json!({}))
    }

    /// An answer with everything Lex sends: null for every slot that has no value.
    fn shown(&self, id: &str, kept: &Kept) -> Value {
        let sparing = self.inner().sparing;
        let intent = self.shown_intent(kept);
        let action = match &kept.next {
            Some(Next::ElicitSlot(slot)) => json!({"type": "ElicitSlot", "slotToElicit": slot}),
            Some(Next::Confirm) => json!({"type": "ConfirmIntent"}),
            _ => json!({"type": "Close"}),
        };
        if sparing {
            let mut intent = intent;
            intent.as_object_mut().unwrap().remove("confirmationState");
            return json!({"sessionState": {"intent": intent, "dialogAction": action}});
        }
        let messages: Vec<Value> =
            kept.messages.iter().map(|said| json!({"content": said, "contentType": "PlainText"})).collect();
        let fallback = json!({"intent": {"name": "FallbackIntent", "slots": {}}, "interpretationSource": "Lex"});
        let best = json!({"intent": intent, "interpretationSource": "Lex", "nluConfidence": {"score": 0.9}});
        json!({
            "sessionId": id,
            "messages": messages,
            "interpretations": [best, fallback],
            "sessionState": {
                "intent": intent,
                "dialogAction": action,
                "sessionAttributes": kept.attributes,
                "originatingRequestId": "2f1c0b52-3f4e-4d4e-9c5c-2b0e7a4d7a11",
            },
        })
    }

    fn shown_intent(&self, kept: &Kept) -> Value {
        let known = self.bot.intent(&kept.intent).expect("an intent of the bot");
        let all = known.slots.iter().map(|slot| (slot.name.clone(), self.shown_slot(slot, &kept.slots)));
        let state =
            if kept.state == "ReadyForFulfillment" && self.inner().fulfilled { "Fulfilled" } else { kept.state };
        json!({
            "name": kept.intent,
            "slots": all.collect::<Map<_, _>>(),
            "state": state,
            "confirmationState": kept.confirmation,
        })
    }

    fn question(&self, kept: &Kept, retry: bool) -> String {
        let intent = self.bot.intent(&kept.intent).expect("an intent of the bot");
        let (first, again) = if let Some(Next::ElicitSlot(slot)) = &kept.next {
            let slot = intent.slot(slot).expect("a slot of the intent");
            (&slot.prompt, &slot.retry)
        } else {
            let asked = intent.confirmation.as_ref().expect("a confirmation");
            (&asked.prompt, &asked.retry)
        };
        self.said(if retry { again } else { first }, kept)
    }

    fn said(&self, template: &str, kept: &Kept) -> String {
        if self.inner().raw {
            return template.to_owned();
        }
        prompt::fill(template, |name| kept.attributes.get(name).cloned(), |slot| kept.slots.get(slot).cloned())
    }

    fn trouble(&self, operation: &str) -> Option<Trouble> {
        let mut inner = self.inner();
        if inner.down {
            return Some(Trouble::Failed(502, "BadGatewayException"));
        }
        let at = inner.script.iter().position(|(meant, _)| *meant == operation)?;
        Some(inner.script.remove(at).1)
    }

    async fn played(&self, operation: &str, id: &str, body: &Value) -> Answer {
        match operation {
            "text" => self.text(id, body).await,
            "put" => self.put(id, body),
            "get" => match self.live(id) {
                Some(kept) => Answer::Json(self.shown(id, &kept)),
                None => missing(),
            },
            _ => match self.inner().sessions.remove(id) {
                Some(_) => Answer::Json(json!({"sessionId": id})),
                None => missing(),
            },
        }
    }
}

fn missing() -> Answer {
    let message = "The session doesn't exist".to_owned();
    Answer::Error { status: 404, kind: "ResourceNotFoundException", message }
}

fn error(status: u16, kind: &'static str) -> Answer {
    Answer::Error { status, kind, message: "played".to_owned() }
}

#[async_trait]
impl Played for Lex {
    fn name(&self) -> &'static str {
        "lexv2-runtime"
    }

    async fn answer(&self, call: Call) -> Answer {
        let path: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        let [_, bot, _, alias, _, locale, "sessions", id, rest @ ..] = path.as_slice() else {
            panic!("our adapter never calls {}", call.path)
        };
        let operation = match (&call.method, rest) {
            (&Method::POST, ["text"]) => "text",
            (&Method::POST, []) => "put",
            (&Method::GET, []) => "get",
            (&Method::DELETE, []) => "delete",
            other => panic!("our adapter never calls {other:?}"),
        };
        assert!(
            id.len() >= 2 && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
        );
        let body = call.json();
        self.inner().calls.push((operation.to_owned(), body.clone()));
        if (*bot, *alias, *locale) != (BOT_ID, ALIAS_ID, "en_US") {
            return missing();
        }
        match self.trouble(operation) {
            None => self.played(operation, id, &body).await,
            Some(Trouble::Throttled) => error(429, "ThrottlingException"),
            Some(Trouble::Conflict) => error(409, "ConflictException"),
            Some(Trouble::Failed(status, kind) | Trouble::Refused(status, kind)) => error(status, kind),
            Some(Trouble::SkipsTheYes) => match self.played(operation, id, &body).await {
                Answer::Json(mut said) => {
                    said["sessionState"]["intent"]["state"] = json!("ReadyForFulfillment");
                    said["sessionState"]["dialogAction"] = json!({"type": "Close"});
                    said["messages"] = json!([]);
                    Answer::Json(said)
                }
                other => other,
            },
            Some(Trouble::DroppedAfter) => {
                self.played(operation, id, &body).await;
                Answer::Dropped
            }
        }
    }
}
