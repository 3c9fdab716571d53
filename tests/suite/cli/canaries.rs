//! A day at the real binary with everything that must not be logged marked as a canary:
//! asked, approved, failed, tried again, furnished, downloaded, talked about in Slack,
//! mailed, and attacked. The log, at its most talkative, tells none of it (P11).

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

use super::run::{Served, Vend};
use crate::fakes::slack::{APPROVALS, BOT_TOKEN, Fault, SIGNING_SECRET, Slack};
use crate::fakes::smtp::{Mood, SmtpSink};
use crate::fakes::world::Letter;
use crate::slack::payloads::{self, Delivery};

/// An installation with people in Slack, a mail server, and secrets that are canaries.
struct Office {
    vend: Vend,
    served: Served,
    slack: Slack,
    post: SmtpSink,
    http: Client,
}

impl Office {
    async fn open() -> Self {
        let slack = Slack::start().await;
        slack.person("UADA", "ana.canary@example.com", "Ana Canary");
        slack.person("UGRACE", "approver@example.com", "Grace Hopper");
        let post = SmtpSink::start(Mood::Accept).await;
        let vend = Vend::new(&[
            ("VEND_SERVER__LISTEN", "127.0.0.1:0"),
            ("VEND_SERVER__LINK_SECRET", "canary-link-secret-canary-link-secret"),
            ("VEND_LOG__LEVEL", "trace"),
            ("VEND_SIMULATOR__ACCOUNT_SECONDS", "0"),
            ("VEND_SIMULATOR__BLUEPRINT_SECONDS", "0"),
            ("VEND_FACTORY__POLL_SECONDS", "1"),
            ("VEND_SLACK__SIGNING_SECRET", SIGNING_SECRET),
            ("VEND_SLACK__BOT_TOKEN", BOT_TOKEN),
            ("VEND_SLACK__API_URL", &format!("{}/api/", slack.url)),
            ("VEND_SLACK__APPROVALS_CHANNEL", APPROVALS),
            ("VEND_MAIL__BACKEND", "smtp"),
            ("VEND_MAIL__FROM", "vend@example.com"),
            ("VEND_MAIL__SMTP_URL", &post.url()),
        ]);
        let served = vend.serve();
        Self { vend, served, slack, post, http: Client::builder().no_proxy().build().unwrap() }
    }

    async fn answered(&self, request: RequestBuilder, status: u16) -> String {
        let answer = request.send().await.unwrap();
        let (code, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(code, status, "{text}");
        text
    }

    fn to(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.served.url))
    }

    async fn read(&self, path: &str) -> String {
        self.answered(self.http.get(format!("{}{path}", self.served.url)), 200).await
    }

    async fn asked(&self, more: Value) -> String {
        let mut body = json!({
            "purpose": "A canary in every sentence",
            "requester": {"email": "ana.canary@example.com", "first_name": "Ana", "last_name": "Canary"},
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.answered(self.to("/api/v1/requests").json(&body), 201).await;
        serde_json::from_str::<Value>(&made).unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn account(&self, name: &str, tag: &str) -> String {
        let root = format!("canary-{name}{tag}@example.com");
        let about = json!({"account_type": "Sandbox", "organizational_unit": "Sandbox", "account_name": format!("canary-{name}"),
                           "root_email": root, "blueprint": "mlops-eks", "blueprint_parameters": {"project": "canary"}});
        self.asked(about).await
    }

    async fn says(&self, id: &str, word: &str, status: u16) {
        let reason = json!({"reason": "canary reasons"});
        self.answered(self.to(&format!("/api/v1/requests/{id}/{word}")).json(&reason), status).await;
    }

    async fn becomes(&self, id: &str, state: &str) {
        until(async || {
            let request: Value = serde_json::from_str(&self.read(&format!("/api/v1/requests/{id}")).await).unwrap();
            (request["state"] == state).then_some(())
        })
        .await;
    }

    /// Approves by the form behind the link in the approver's mail; answers the link's token.
    async fn approved_by_mail(&self, id: &str) -> String {
        let link = until(async || self.letters().into_iter().find(|letter| letter.text.contains(id))).await.link();
        self.read(&link).await;
        let (path, token) = link.split_once("?t=").unwrap();
        let request: Value = serde_json::from_str(&self.read(&format!("/api/v1/requests/{id}")).await).unwrap();
        let name = request["account_name"].as_str().unwrap();
        let form = [("t", token), ("decision", "approve"), ("account_name", name), ("reason", "a canary said so")];
        self.answered(self.to(path).form(&form), 200).await;
        token.to_owned()
    }

    fn letters(&self) -> Vec<Letter> {
        let folder = tempfile::tempdir().unwrap();
        for (nth, mail) in self.post.accepted().iter().enumerate() {
            std::fs::write(folder.path().join(format!("{nth}.eml")), mail).unwrap();
        }
        let letters = Letter::all_in(folder.path()).into_iter();
        letters.filter(|letter| letter.text.contains("/account/confirm/")).collect()
    }

    async fn delivered(&self, delivery: &Delivery, secret: &str, status: u16) {
        let now = jiff::Timestamp::now().as_second().to_string();
        let signature = sign(secret, &now, delivery.body.as_bytes());
        let request = self.to(delivery.path).header(TIMESTAMP_HEADER, &now).header(SIGNATURE_HEADER, signature);
        self.answered(request.body(delivery.body.clone()), status).await;
    }

    async fn slack_has(&self, channel: &str, messages: usize) {
        until(async || (self.slack.count_in(channel) >= messages).then_some(())).await;
    }
}

async fn until<T>(look: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..1_200 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not come");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_day_is_logged_without_a_secret_an_address_or_anybodys_words() {
    let office = Office::open().await;
    let mut tokens = vec![failing_and_tried_again(&office).await];
    tokens.push(a_set_with_its_files(&office).await);
    words_in_slack(&office).await;
    attacks(&office).await;
    for word in ["deny", "cancel"] {
        let id = office.account(word, "").await;
        office.says(&id, word, 200).await;
    }
    let metrics = office.read("/metrics").await;
    let Office { vend, served, slack, .. } = office;
    drop(served);
    slack.read_everything();

    let log = vend.log();
    assert!(log.contains("TRACE") && log.lines().count() > 200, "the log is captured: {log}");
    tokens.extend(["canary", "approver@example.com", SIGNING_SECRET, BOT_TOKEN].map(str::to_owned));
    for secret in tokens {
        let told = log.lines().chain(metrics.lines()).find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(told, None, "P11: `{secret}` is in the log");
    }
}

async fn failing_and_tried_again(office: &Office) -> String {
    let id = office.account("failing", "+fail-blueprint+fail-poststep").await;
    let token = office.approved_by_mail(&id).await;
    for _ in 0..2 {
        office.becomes(&id, "failed").await;
        office.says(&id, "retry", 200).await;
    }
    office.becomes(&id, "ready").await;
    token
}

async fn a_set_with_its_files(office: &Office) -> String {
    let set = json!({"account_set": {
        "name": "canary", "pipeline": {"account": "111122223333", "region": "eu-west-1"},
        "default_region": "eu-central-1", "root_email": "canary-{stage}@example.com",
        "organizational_unit": "Sandbox", "execution_policy": "least-privilege",
    }});
    let id = office.asked(set).await;
    let token = office.approved_by_mail(&id).await;
    office.becomes(&id, "ready").await;
    let list: Value = serde_json::from_str(&office.read(&format!("/api/v1/requests/{id}/artefacts")).await).unwrap();
    let files = list["artefacts"].as_array().unwrap();
    assert!(files.len() > 3, "{list}");
    for file in files {
        office.read(&format!("/api/v1/requests/{id}/artefacts/{}", file["name"].as_str().unwrap())).await;
    }
    token
}

async fn words_in_slack(office: &Office) {
    let slack = &office.slack;
    let said = slack.count_in("DUADA");
    slack.fail_next("chat.postMessage", Fault::Down);
    let hello = payloads::direct(slack, "UADA", "create a Sandbox account with canary-slack@example.com");
    office.delivered(&hello, SIGNING_SECRET, 200).await;
    office.slack_has("DUADA", said + 1).await;
    office.delivered(&payloads::command(slack, "UADA", "new canary"), SIGNING_SECRET, 200).await;
    office.slack_has("DUADA", said + 2).await;
    slack.fail_next("respond", Fault::Down);
    office.delivered(&payloads::command(slack, "UADA", "status canary"), SIGNING_SECRET, 200).await;
    office.slack_has("CTEAM", 1).await;
}

async fn attacks(office: &Office) {
    let forged = payloads::direct(&office.slack, "UADA", "forged canary words");
    office.delivered(&forged, "canary-guess", 401).await;
    let id = office.account("attacked", "").await;
    let link = format!("{}/account/confirm/{id}?t=AgAAAABncanarycanarycanarycanarycanarycanary", office.served.url);
    office.answered(office.http.get(link), 403).await;
    office.answered(office.to("/api/v1/requests").bearer_auth("vendtok_canary").body("{\"canary\": canary"), 400).await;
    office.answered(office.to("/account").body(vec![0xff, b'c', b'a', b'n', b'a', b'r', b'y']), 400).await;
    office.answered(office.to("/canary").header("cookie", "canary=canary").body("canary"), 404).await;
}
