//! The real binary when its files may not grow any more, as on a full disk or under a
//! quota: nothing is acknowledged, everybody is told, nothing is half stored, and when
//! there is room again it works without a restart. The limit is the kernel's own.
#![cfg(target_os = "linux")]

use std::process::Command;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

use super::run::{Served, Vend};

struct Server {
    vend: Vend,
    served: Served,
    http: Client,
}

impl Server {
    fn start() -> Self {
        let vend = Vend::new(&[
            ("VEND_SERVER__LISTEN", "127.0.0.1:0"),
            ("VEND_SLACK__SIGNING_SECRET", "canary-signing"),
            ("VEND_SLACK__BOT_TOKEN", "xoxb-1"),
            // Nobody listens there: what was acknowledged waits.
            ("VEND_SLACK__API_URL", "http://127.0.0.1:9/api/"),
        ]);
        let served = vend.serve_with_file_limits();
        Self { vend, served, http: Client::builder().no_proxy().build().unwrap() }
    }

    /// No file of the server grows beyond this size from now on; `unlimited` is a size.
    fn limit(&self, size: &str) {
        let pid = self.served.id().to_string();
        let limit = format!("--fsize={size}:unlimited");
        let status = Command::new("prlimit").args(["--pid", &pid, &limit]).status().expect("prlimit, of util-linux");
        assert!(status.success());
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

    async fn look(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.served.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn stored(&self) -> usize {
        let list: Value = serde_json::from_str(&self.look("/api/v1/requests?limit=100").await.1).unwrap();
        list["requests"].as_array().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_grow_acknowledges_nothing_and_heals_without_a_restart() {
    let server = Server::start();
    assert_eq!(server.ask(0).await.0, 201);
    assert_eq!(server.slack_says(0).await.0, 200);
    server.limit("4096");

    for nth in 1..4 {
        let (status, problem) = server.ask(nth).await;
        assert_eq!((status, problem["type"].as_str()), (503, Some("urn:vend:problem:unavailable")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().len() > 20, "{problem}");
        assert!(!problem.to_string().contains("disk I/O"), "the store's own words are for the log: {problem}");
        let (status, told) = server.slack_says(nth).await;
        assert_eq!(status, 503, "Slack sends it again: {told}");
        assert!(told.contains("\"detail\""), "{told}");
    }
    assert_eq!(server.look("/readyz").await.0, 503, "no load balancer sends anybody here");
    assert_eq!(server.look("/livez").await.0, 200, "a restart would not help");
    assert_eq!(server.stored().await, 1, "what can be read still is");

    server.limit("unlimited");
    assert_eq!(server.ask(1).await.0, 201, "the same call again, and none of its locks were left behind");
    assert_eq!(server.slack_says(1).await.0, 200);
    assert_eq!(server.look("/readyz").await.0, 200, "ready again without a restart");
    assert_eq!(server.stored().await, 2);
    let ended = server.vend.run(&["audit", "verify"]).with_code(0);
    assert!(ended.out.starts_with("2 requests"), "{ended:?}");
}
