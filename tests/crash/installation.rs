//! One installation of the real binary on files of its own: it starts servers with
//! faults planned for them, and looks at what they leave behind. Knows no journey.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use vend::adapters::embedded::simulator::{Simulator, SimulatorSettings};
use vend::adapters::embedded::sqlite::SqliteStore;
use vend::adapters::system::SystemClock;
use vend::ports::clock::Clock;

use crate::cloud::Aws;
use crate::promises::{self, Evidence};

/// A run that takes longer hangs. A card whose post had no answer is looked for after 30 s.
pub const PATIENCE: Duration = Duration::from_mins(2);
/// How long a job that failed or lost its worker may need once everything else is done.
const LAST_JOBS: Duration = Duration::from_secs(20);
/// How long a look waits before the next one.
pub const PAUSE: Duration = Duration::from_millis(30);

/// Where a server dies or stops, from `VEND_FAULT_POINT` and its companions.
#[derive(Debug, Clone)]
pub struct Fault {
    pub point: String,
    pub passing: u32,
    pub action: &'static str,
}

impl Fault {
    pub fn kill(point: &str, passing: u32) -> Self {
        Self { point: point.to_owned(), passing, action: "kill" }
    }
}

pub struct Installation {
    dir: tempfile::TempDir,
    http: reqwest::Client,
    starts: AtomicU32,
    /// Configuration beyond the usual, as environment variables.
    settings: Vec<(String, String)>,
    /// Where it works, if not on files of its own.
    aws: Option<Aws>,
    /// One for each start, from the first.
    faults: Mutex<VecDeque<Fault>>,
    acknowledged: Mutex<Vec<String>>,
    /// The server started last, until it was killed. A child that was not waited for keeps its number.
    running: Mutex<Option<Pid>>,
}

/// A running server.
pub struct Server {
    pub child: Child,
    pub url: String,
}

impl Installation {
    pub fn new(settings: &[(&str, &str)], faults: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            http: reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap(),
            starts: AtomicU32::new(0),
            settings: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            aws: None,
            faults: Mutex::new(faults.into_iter().collect()),
            acknowledged: Mutex::default(),
            running: Mutex::default(),
        }
    }

    /// On a played AWS.
    pub fn on(aws: Aws, faults: impl IntoIterator<Item = Fault>) -> Self {
        let settings = aws.settings();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { aws: Some(aws), ..Self::new(&settings, faults) }
    }

    pub const fn is_on_aws(&self) -> bool {
        self.aws.is_some()
    }

    /// How often a server died.
    pub fn interruptions(&self) -> u32 {
        self.starts.load(Ordering::SeqCst).saturating_sub(1)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn trace(&self) -> String {
        std::fs::read_to_string(self.path("trace")).unwrap_or_default()
    }

    /// A server that listens, however often it is killed before.
    pub async fn start(&self) -> Server {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let fault = self.faults.lock().unwrap().pop_front();
            self.starts.fetch_add(1, Ordering::SeqCst);
            if let Some(server) = self.start_as("all", fault.as_ref()).await {
                return server;
            }
        }
        panic!("it does not start again: {}", self.log());
    }

    /// `None` when it was killed before it listened.
    pub async fn start_as(&self, role: &str, fault: Option<&Fault>) -> Option<Server> {
        let mut command = self.command(role);
        if let Some(fault) = fault {
            command.env("VEND_FAULT_POINT", &fault.point);
            command.env("VEND_FAULT_PASSING", fault.passing.to_string()).env("VEND_FAULT_ACTION", fault.action);
        }
        let mut child = command.spawn().unwrap();
        let pid = child.id().map(|id| Pid::from_raw(i32::try_from(id).unwrap()));
        *self.running.lock().unwrap() = pid;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let Some(line) = lines.next_line().await.unwrap() else {
            let ended = child.wait().await.unwrap();
            assert_eq!(ended.code(), None, "it does not start, and nobody killed it:\n{}", self.log());
            return None;
        };
        let url = line.strip_prefix("listening on ").expect("the first line tells the address").to_owned();
        Some(Server { child, url })
    }

    fn command(&self, role: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vend"));
        command
            .arg("serve")
            .env("VEND_SERVER__LISTEN", "127.0.0.1:0")
            .env("VEND_SERVER__ROLE", role)
            .env("VEND_STORE__PATH", self.path("vend.db"))
            .env("VEND_MAIL__OUTBOX_DIR", self.path("outbox"))
            .env("VEND_SIMULATOR__ACCOUNT_SECONDS", "0")
            .env("VEND_SIMULATOR__BLUEPRINT_SECONDS", "0")
            .env("VEND_FACTORY__POLL_SECONDS", "0.05")
            .env("VEND_WORKER__LEASE_SECONDS", "1")
            .env("VEND_FAULT_TRACE", self.path("trace"))
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.dir.path())
            .stdout(Stdio::piped())
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap())
            .kill_on_drop(true);
        command
    }

    /// SIGKILL from outside, wherever it is; `false` when none runs.
    pub fn kill_the_running_one(&self) -> bool {
        let running = self.running.lock().unwrap().take();
        running.is_some_and(|pid| nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).is_ok())
    }

    /// A server that died is started again.
    pub async fn revive(&self, server: &mut Server) {
        if server.child.try_wait().unwrap().is_some() {
            *server = self.start().await;
        }
    }

    /// One call; `None` when no answer came.
    pub async fn call(&self, call: reqwest::RequestBuilder) -> Option<(u16, String)> {
        let answer = call.send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    pub fn request(&self, server: &Server, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", server.url))
    }

    /// One call to the API, again and again through crashes.
    pub async fn until_answered(&self, server: &mut Server, what: (&str, &str), body: Option<(&str, &Value)>) -> Value {
        let (method, path) = what;
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "{method} {path} is not answered");
            let mut call = self.request(server, method, path);
            if let Some((key, body)) = body {
                call = call.header("Idempotency-Key", key).json(body);
            }
            if let Some((status, text)) = self.call(call).await {
                // A decision or retry repeated after a crash finds it already taken.
                if status == 409 || (200..300).contains(&status) {
                    return serde_json::from_str(&text).unwrap_or_default();
                }
                assert!(status >= 500, "{method} {path}: {status} {text}");
            }
            self.revive(server).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// From now on this request must never be lost.
    pub fn acknowledged(&self, id: &str) {
        self.acknowledged.lock().unwrap().push(id.to_owned());
    }

    pub fn mails(&self) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.path("outbox")) else { return Vec::new() };
        let eml = folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "eml"));
        eml.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect()
    }

    /// Waits until the requesters were told and the last jobs ran; `check` says what is missing then.
    pub async fn until_told(&self, server: &mut Server, requests: usize) {
        let begun = Instant::now();
        while self.mails().iter().filter(|mail| mail.to_lowercase().contains("is ready")).count() < requests {
            assert!(begun.elapsed() < PATIENCE, "the last mails do not come:\n{}", self.log());
            tokio::time::sleep(PAUSE).await;
            self.revive(server).await;
        }
        let begun = Instant::now();
        while begun.elapsed() < LAST_JOBS && !promises::broken(&self.evidence().await).is_empty() {
            tokio::time::sleep(4 * PAUSE).await;
            self.revive(server).await;
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    async fn on_files(&self, clock: &Arc<dyn Clock>) -> Evidence {
        let store = SqliteStore::open(&self.path("vend.db"), Arc::clone(clock)).unwrap();
        let world = self.path("vend.db.simulator");
        let cloud = Simulator::open(Some(&world), Arc::clone(clock), SimulatorSettings::default()).unwrap();
        Evidence::gather(&store, &cloud, clock.now()).await
    }

    async fn evidence(&self) -> Evidence {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut evidence = match &self.aws {
            Some(aws) => aws.evidence(clock.now()).await,
            None => self.on_files(&clock).await,
        };
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        evidence.acknowledged = acknowledged.iter().map(|id| id.parse().unwrap()).collect();
        evidence.mails = self.mails();
        evidence.log = self.log();
        evidence
    }

    /// Looks at what the run left behind.
    pub async fn check(&self, what: &str, requests: usize, canaries: &[&str]) {
        self.check_made(what, (requests, requests), canaries).await;
    }

    /// The same where a request is not always an account: those of a set share one.
    pub async fn check_made(&self, what: &str, (requests, accounts): (usize, usize), canaries: &[&str]) {
        let mut evidence = self.evidence().await;
        evidence.canaries = canaries.iter().map(|&text| text.to_owned()).collect();
        let broken = promises::broken(&evidence);
        assert!(broken.is_empty(), "{what}: broken promises:\n{}\nlog:\n{}", broken.join("\n"), evidence.log);
        assert_eq!(evidence.requests.len(), requests, "{what}: one request each, however often it was sent");
        assert_eq!(evidence.creations.len(), accounts, "{what}: one account each");
    }
}
