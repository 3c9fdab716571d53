//! The real binary while its store takes no writes: nothing is acknowledged, everybody
//! is told, what can be read still is, nothing is half stored, and when the ground is
//! firm again it works without a restart. What takes the writes away is each file's own.
#![cfg(target_os = "linux")]

mod full_disk;
mod locked;
mod read_only;

use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use vend::say::talk;

use super::run::{Served, Vend};
use crate::fakes::world::Letter;

/// What every refusal says, to programs and people.
const SENTENCE: &str = "That cannot be done right now, and nothing was changed. Try again in a moment.";

struct Server {
    vend: Vend,
    served: Served,
    http: Client,
    /// A request made while all was well.
    first: String,
    /// Its approver's personal link.
    link: String,
}

impl Server {
    async fn start() -> Self {
        let vend = Vend::new(&[
            ("VEND_SERVER__LISTEN", "127.0.0.1:0"),
            ("VEND_SLACK__SIGNING_SECRET", "canary-signing"),
            ("VEND_SLACK__BOT_TOKEN", "xoxb-1"),
            // Nobody listens there: what was acknowledged waits.
            ("VEND_SLACK__API_URL", "http://127.0.0.1:9/api/"),
        ]);
        let served = vend.serve_with_file_limits();
        let http = Client::builder().no_proxy().build().unwrap();
        let mut all = Self { vend, served, http, first: String::new(), link: String::new() };
        let (status, made) = all.ask(0).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().clone_into(&mut all.first);
        assert_eq!(all.slack_says(0).await.0, 200);
        all.link = all.letter().await.link();
        all
    }

    async fn letter(&self) -> Letter {
        let start = Instant::now();
        loop {
            if let Some(letter) = Letter::all_in(&self.vend.path().join("outbox")).pop() {
                return letter;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "no mail: {}", self.vend.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn to(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.served.url))
    }

    async fn ask(&self, nth: usize) -> (u16, Value) {
        let body = json!({
            "account_type": "Sandbox", "root_email": format!("ada+{nth}@example.com"), "account_name": format!("ada-{nth}"),
            "organizational_unit": "Sandbox", "purpose": "Trying out a training job",
            "requester": {"email": format!("ada{nth}@example.com"), "first_name": "Ada", "last_name": "Lovelace"},
        });
        let answer = self.to("/api/v1/requests").json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// One turn of conversation, which the store has to remember.
    async fn says(&self) -> (u16, Value) {
        let body = json!({"UserEmail": "eve@example.com", "UserName": "Eve", "UserLastname": "Holt",
            "UserInput": "I want an account"});
        let answer = self.to("/account").json(&body).send().await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
        (status, answer.json().await.unwrap())
    }

    /// `vend chat` from a script with these two lines.
    fn chats(&self) -> super::run::Ended {
        let me = ["--email", "eve@example.com", "--first-name", "Eve", "--last-name", "Holt"];
        let args = [["chat", "--server", &self.served.url].as_slice(), &me].concat();
        tokio::task::block_in_place(|| self.vend.run_with(&args, "I want an account\nSandbox\n"))
    }

    async fn slack_says(&self, nth: usize) -> (u16, String) {
        let body = format!(
            r#"{{"type":"event_callback","team_id":"T1","event_id":"Ev{nth}","event":{{"type":"message","channel_type":"im","channel":"D1","user":"U1","text":"hello","ts":"1.{nth}"}}}}"#
        );
        let now = jiff::Timestamp::now().as_second().to_string();
        let signature = sign("canary-signing", &now, body.as_bytes());
        let request = self.to("/slack/events").header(TIMESTAMP_HEADER, now).header(SIGNATURE_HEADER, signature);
        let answer = request.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The approver presses a button of their page.
    async fn press(&self, decision: &str) -> Response {
        let (path, token) = self.link.split_once("?t=").unwrap();
        let form = [("t", token), ("decision", decision), ("reason", "Fine"), ("account_name", "ada-0")];
        self.to(path).header("accept", "text/html").form(&form).send().await.unwrap()
    }

    /// `vend requests cancel` of the first request.
    async fn cancelled_by_command(&self) -> super::run::Ended {
        let (url, id) = (self.served.url.as_str(), self.first.as_str());
        tokio::task::block_in_place(|| self.vend.run(&["requests", "cancel", id, "--server", url]))
    }

    async fn look(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.served.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn stored(&self) -> usize {
        let list: Value = serde_json::from_str(&self.look("/api/v1/requests?limit=100").await.1).unwrap();
        list["requests"].as_array().unwrap().len()
    }

    /// Whoever wants something written is told that it was not; all at the same moment.
    async fn must_refuse(&self, nth: usize) {
        let ask = async {
            let (status, problem) = self.ask(nth).await;
            assert_eq!((status, problem["type"].as_str()), (503, Some("urn:vend:problem:unavailable")), "{problem}");
            assert_eq!(problem["detail"], SENTENCE, "the store's own words are for the log");
        };
        let talk = async {
            let (status, problem) = self.says().await;
            assert_eq!(status, 503, "a turn that is not on the disk was not taken: {problem}");
            assert_eq!(problem["type"], "urn:vend:problem:no-conversation");
            assert_eq!(problem["detail"], talk::ENGINE_DOWN);
        };
        let slack = async {
            let (status, told) = self.slack_says(nth).await;
            assert_eq!(status, 503, "Slack sends it again: {told}");
            assert!(told.contains("\"detail\""), "{told}");
        };
        let page = async {
            let answer = self.press("approve").await;
            assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"2".parse().unwrap()));
            let page = answer.text().await.unwrap();
            assert!(page.contains("<html") && page.contains(SENTENCE), "{page}");
        };
        tokio::join!(ask, talk, slack, page);
        let ended = self.cancelled_by_command().await;
        assert!(ended.code != 0 && ended.err.contains(SENTENCE), "{ended:?}");
        let chat = self.chats();
        assert_eq!(chat.out, format!("you> I want an account\nbot> {}\n", talk::ENGINE_DOWN), "the script ends there");
        assert_eq!((chat.code, chat.err.as_str()), (1, ""));
    }

    /// What can be read still is, and those who choose among servers are told.
    async fn must_still_be_read(&self) {
        assert_eq!(self.look("/readyz").await.0, 503, "no load balancer sends anybody here");
        assert_eq!(self.look("/livez").await.0, 200, "a restart would not help");
        assert_eq!(self.stored().await, 1);
        for path in [format!("/requests/{}", self.first), self.link.clone()] {
            let (status, page) = self.look(&path).await;
            assert!(status == 200 && page.contains("ada-0"), "{page}");
        }
        let log = self.vend.log();
        assert_eq!(log.matches("the store cannot write; nothing is acknowledged").count(), 1, "{log}");
        assert!(!log.contains("panicked"), "{log}");
    }

    /// The same calls again: they work, and nothing was left behind that stands in their way.
    async fn must_have_healed(&self) {
        assert_eq!(self.ask(1).await.0, 201);
        let (status, answer) = self.says().await;
        assert_eq!(
            (status, &answer["response"]),
            (200, &json!("Hi Eve, what account type do you want? Production or Sandbox?"))
        );
        assert_eq!(self.slack_says(1).await.0, 200);
        assert_eq!(self.press("approve").await.status().as_u16(), 200);
        assert_eq!(self.look("/readyz").await.0, 200, "ready again without a restart");
        assert_eq!(self.stored().await, 2);
        let log = self.vend.log();
        assert_eq!(log.matches("the store can write again").count(), 1, "said once, and over: {log}");
        // The first request is on its way meanwhile, which is no fault.
        for _ in 0..10 {
            let ended = self.vend.run(&["audit", "verify"]).with_code(0);
            assert!(ended.out.starts_with("2 requests"), "{ended:?}");
        }
    }
}
