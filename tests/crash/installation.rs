//! One installation of the real binary on files of its own, driven over HTTP.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use vend::adapters::embedded::simulator::{Simulator, SimulatorSettings};
use vend::adapters::embedded::sqlite::SqliteStore;
use vend::adapters::system::SystemClock;
use vend::ports::clock::Clock;

use crate::promises::{self, Evidence};

/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// One plain request, one that is late-busy once and needs a second attempt, one whose blueprint fails once.
const ROOT_EMAILS: [&str; 3] =
    ["plain@corp.example", "twice+fail-busy@corp.example", "again+fail-blueprint@corp.example"];

pub struct Installation {
    dir: tempfile::TempDir,
    http: reqwest::Client,
    starts: AtomicU32,
}

/// A running server.
struct Server {
    child: Child,
    url: String,
}

impl Installation {
    pub fn new() -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
        Self { dir: tempfile::tempdir().unwrap(), http, starts: AtomicU32::new(0) }
    }

    /// Whether the server died and was started again.
    pub fn was_interrupted(&self) -> bool {
        self.starts.load(Ordering::SeqCst) > 1
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn trace(&self) -> String {
        std::fs::read_to_string(self.path("trace")).unwrap_or_default()
    }

    pub async fn run_undisturbed(&self) {
        let mut server = self.start(&[]).await.expect("it starts");
        self.journey(&mut server).await;
        server.child.kill().await.unwrap();
    }

    /// The same journey; the first server kills itself at the point, the next one goes on.
    pub async fn run_killed_at(&self, point: &str, passing: u32) {
        let passing = passing.to_string();
        let fault = [("VEND_FAULT_POINT", point), ("VEND_FAULT_PASSING", passing.as_str())];
        let mut server = match self.start(&fault).await {
            Some(server) => server,
            None => self.start(&[]).await.expect("it starts again"),
        };
        self.journey(&mut server).await;
        server.child.kill().await.unwrap();
    }

    /// `None` when it died before it listened.
    async fn start(&self, more: &[(&str, &str)]) -> Option<Server> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vend"));
        command
            .arg("serve")
            .env("VEND_SERVER__LISTEN", "127.0.0.1:0")
            .env("VEND_STORE__PATH", self.path("vend.db"))
            .env("VEND_MAIL__OUTBOX_DIR", self.path("outbox"))
            .env("VEND_SIMULATOR__ACCOUNT_SECONDS", "0")
            .env("VEND_SIMULATOR__BLUEPRINT_SECONDS", "0")
            .env("VEND_FACTORY__POLL_SECONDS", "0.05")
            .env("VEND_WORKER__LEASE_SECONDS", "1")
            .env("VEND_FAULT_TRACE", self.path("trace"))
            .envs(more.iter().copied())
            .current_dir(self.dir.path())
            .stdout(Stdio::piped())
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap())
            .kill_on_drop(true);
        self.starts.fetch_add(1, Ordering::SeqCst);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap()?;
        let url = line.strip_prefix("listening on ").expect("the first line tells the address").to_owned();
        Some(Server { child, url })
    }

    /// Asks for the accounts, approves them, retries what can be retried, waits for the end.
    async fn journey(&self, server: &mut Server) {
        let mut ids = Vec::new();
        for email in ROOT_EMAILS {
            let body = json!({
                "account_type": "Sandbox", "root_email": email, "organizational_unit": "Demos",
                "blueprint": "ml-workload-nonprod", "purpose": "to be interrupted",
                "requester": {"email": "ada@corp.example", "first_name": "Ada", "last_name": "Lovelace"},
            });
            let made = self.until_answered(server, "POST", "/api/v1/requests", Some(&body), email).await;
            ids.push(made["id"].as_str().unwrap_or_else(|| panic!("no id in {made}")).to_owned());
        }
        for id in &ids {
            let path = format!("/api/v1/requests/{id}/approve");
            self.until_answered(server, "POST", &path, Some(&json!({})), "approve").await;
        }
        for id in &ids {
            self.until_ready(server, id).await;
        }
        std::fs::write(self.path("acknowledged"), ids.join("\n")).unwrap();
        self.until_idle(server).await;
    }

    async fn until_ready(&self, server: &mut Server, id: &str) {
        let begun = Instant::now();
        loop {
            let seen = self.until_answered(server, "GET", &format!("/api/v1/requests/{id}"), None, "").await;
            match seen["state"].as_str() {
                Some("ready") => return,
                Some("failed") => {
                    let path = format!("/api/v1/requests/{id}/retry");
                    self.until_answered(server, "POST", &path, Some(&json!({})), "retry").await;
                }
                _ => tokio::time::sleep(Duration::from_millis(30)).await,
            }
            assert!(begun.elapsed() < PATIENCE, "{id} does not end: {seen}");
        }
    }

    /// Waits for the last mails: the requester must have been told.
    async fn until_idle(&self, server: &mut Server) {
        let begun = Instant::now();
        while self.mails().iter().filter(|mail| mail.to_lowercase().contains("is ready")).count() < ROOT_EMAILS.len() {
            assert!(begun.elapsed() < PATIENCE, "the last mails do not come");
            tokio::time::sleep(Duration::from_millis(30)).await;
            self.revive(server).await;
        }
    }

    /// One call, through crashes: a server that died is started again without a fault.
    async fn until_answered(
        &self,
        server: &mut Server,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: &str,
    ) -> Value {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "{method} {path} is not answered");
            let mut call = self.http.request(method.parse().unwrap(), format!("{}{path}", server.url));
            if let Some(body) = body {
                call = call.header("Idempotency-Key", key).json(body);
            }
            if let Ok(answer) = call.send().await {
                let status = answer.status();
                let text = answer.text().await.unwrap_or_default();
                // A decision or retry repeated after a crash finds it already taken.
                if status.is_success() || status == 409 {
                    return serde_json::from_str(&text).unwrap_or_default();
                }
                assert!(status.is_server_error(), "{method} {path}: {status} {text}");
            }
            self.revive(server).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn revive(&self, server: &mut Server) {
        if server.child.try_wait().unwrap().is_some() {
            *server = self.start(&[]).await.expect("it starts again");
        }
    }

    fn mails(&self) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.path("outbox")) else { return Vec::new() };
        let eml = folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "eml"));
        eml.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect()
    }

    /// Looks at what the run left behind.
    pub async fn check(&self, what: &str) {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = SqliteStore::open(&self.path("vend.db"), Arc::clone(&clock)).unwrap();
        let world = self.path("vend.db.simulator");
        let cloud = Simulator::open(Some(&world), Arc::clone(&clock), SimulatorSettings::default()).unwrap();
        let mut evidence = Evidence::gather(&store, &cloud, clock.now()).await;
        let acknowledged = std::fs::read_to_string(self.path("acknowledged")).unwrap();
        evidence.acknowledged = acknowledged.lines().map(|id| id.parse().unwrap()).collect();
        evidence.mails = self.mails();
        evidence.log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        evidence.canaries =
            ROOT_EMAILS.iter().map(|&email| email.to_owned()).chain(["ada@corp.example".to_owned()]).collect();
        let broken = promises::broken(&evidence);
        assert!(broken.is_empty(), "{what}: broken promises:\n{}\nlog:\n{}", broken.join("\n"), evidence.log);
        assert_eq!(evidence.requests.len(), ROOT_EMAILS.len(), "{what}: one request per Idempotency-Key");
    }
}
