//! A whole installation in one process: store, pretend Control Tower, outbox,
//! conversation, worker and every route, on a clock the test turns. What a journey
//! does here, a person could do with curl, a browser and patience.

mod client;
mod letters;
mod setup;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use vend::adapters::embedded::simulator::Simulator;
use vend::adapters::embedded::sqlite::SqliteStore;
use vend::domain::event::{Recorded, verify_chain};
use vend::domain::ids::RequestId;
use vend::domain::job::Lane;
use vend::ports::clock::Clock as _;
use vend::ports::store::{JobStore as _, RequestStore as _};
use vend::service::Service;
use vend::worker::Worker;

pub use client::{Answer, Client};
pub use letters::Letter;
use letters::mails_in;
pub use setup::{PUBLIC_URL, Setup, token};

use super::clock::TestClock;
use super::faults::Faults;
use crate::promises::Evidence;

/// Work that is due later than this is a timer (expiry, reminder), not work under way.
const HORIZON: SignedDuration = SignedDuration::from_mins(10);
/// More steps than any journey needs: beyond, it goes round in circles.
const MOST_STEPS: usize = 5_000;

/// The installation.
pub struct World {
    pub clock: TestClock,
    pub store: Arc<SqliteStore>,
    pub simulator: Simulator,
    pub service: Arc<Service>,
    pub worker: Arc<Worker>,
    router: axum::Router,
    stop: watch::Sender<bool>,
    folder: TempDir,
    setup: Setup,
}

impl World {
    /// As a newcomer starts it: no tokens, the shipped policy and blueprints.
    pub async fn new() -> Self {
        Setup::default().build().await
    }

    /// Ada, Grace and Olga (an operator) with bearer tokens; see [`token`].
    pub async fn with_tokens() -> Self {
        Setup::default().with_tokens().build().await
    }

    /// Runs what is due, moves the clock to what is due next, and so on until only
    /// timers are left. Answers how many steps it took.
    pub async fn settle(&self) -> usize {
        for steps in 0..MOST_STEPS {
            if self.worker.tick().await.expect("a store that works") > 0 {
                continue;
            }
            let now = self.clock.now();
            match self.next_due().await {
                Some(due) if due <= now + HORIZON => self.clock.set(due.max(now + SignedDuration::from_micros(1))),
                _ => return steps,
            }
        }
        panic!("still at work after {MOST_STEPS} steps");
    }

    /// The process ends here, and a new one starts on what it left behind.
    pub async fn restart(self) -> Self {
        let Self { store, service, worker, router, folder, simulator, setup, .. } = self;
        drop((router, worker, service, store));
        setup.start_in(folder, simulator)
    }

    /// The same, under a policy that was changed meanwhile.
    pub async fn restart_under(mut self, policy: &str) -> Self {
        self.setup = self.setup.policy(policy);
        self.restart().await
    }

    /// One more worker process on the same store and cloud, with faults of its own.
    pub fn another_worker(&self, faults: &Faults) -> Worker {
        self.setup.clone().faults(faults).worker(self.folder.path(), &self.store, &self.simulator)
    }

    /// Somebody with access to the database replaces text in the stored requests.
    pub fn alter(&self, text: &str, by: &str) {
        let db = Connection::open(self.folder.path().join("vend.db")).expect("the database file");
        let altered = db.execute("UPDATE requests SET body = replace(body, ?1, ?2)", [text, by]);
        assert!(altered.expect("an update") > 0);
    }

    /// Everything the promises are checked against.
    pub async fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::gather(self.store.as_ref(), &self.simulator, self.clock.now()).await;
        evidence.mails = mails_in(&self.folder.path().join("outbox"));
        evidence.policy = self.setup.policy.clone();
        evidence.max_concurrent = self.setup.max_concurrent;
        evidence
    }

    async fn next_due(&self) -> Option<jiff::Timestamp> {
        let mut due = Vec::new();
        for lane in [Lane::Intake, Lane::Work] {
            due.extend(self.store.next_due(lane).await.expect("a store that works"));
        }
        due.into_iter().min()
    }

    /// Turns the clock, then lets everything settle: for expiry and reminders.
    pub async fn wait(&self, time: Duration) {
        self.clock.advance(time);
        self.settle().await;
    }

    /// Tells the server to stop, as a signal would.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Every route, to serve them over real sockets.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// A caller without a token.
    pub fn anyone(&self) -> Client<'_> {
        Client::new(self, None)
    }

    /// A caller with this person's token, see [`token`].
    pub fn who(&self, person: &str) -> Client<'_> {
        Client::new(self, Some(token(person)))
    }

    /// A caller with this bearer token.
    pub fn with(&self, token: &str) -> Client<'_> {
        Client::new(self, Some(token.to_owned()))
    }

    /// [`Client::get`] of a caller without a token.
    pub async fn get(&self, path: &str) -> Answer {
        self.anyone().get(path).await
    }

    /// [`Client::post`] of a caller without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.anyone().post(path, body).await
    }

    /// Makes a valid sandbox request for Ada and answers its id.
    pub async fn submitted(&self) -> String {
        let made = self.post("/api/v1/requests", &sandbox("ada+sandbox@example.com")).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().expect("an id").to_owned()
    }

    /// The request as anyone may read it (only without tokens).
    pub async fn request(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/requests/{id}")).await.json()
    }

    /// The audit trail, its chain checked.
    pub async fn history(&self, id: &str) -> Vec<Recorded> {
        let id: RequestId = id.parse().expect("a request id");
        let history = self.store.history(id, 0).await.expect("a history");
        verify_chain(&history).expect("an unbroken chain");
        history
    }

    /// Every mail in the outbox, oldest first.
    pub fn mails(&self) -> Vec<Letter> {
        Letter::all_in(&self.folder.path().join("outbox"))
    }

    /// Every row of every table of the store: what a call that changes nothing leaves as it was.
    pub fn snapshot(&self) -> String {
        let path = self.folder.path().join("vend.db");
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database file");
        let mut names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let tables = names.iter().map(|name| format!("{name}:\n{}\n", rows_of(&db, name).join("\n")));
        tables.collect::<Vec<_>>().concat()
    }
}

fn rows_of(db: &Connection, table: &str) -> Vec<String> {
    let mut all = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let width = all.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells: Result<Vec<Cell>, _> = (0..width).map(|at| row.get(at)).collect();
        cells.map(|cells| format!("{cells:?}"))
    };
    let mut rows: Vec<String> = all.query_map([], row).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

/// A request body that passes every check: a plain sandbox for Ada.
pub fn sandbox(root_email: &str) -> Value {
    json!({
        "account_type": "Sandbox",
        "root_email": root_email,
        "organizational_unit": "Sandbox",
        "purpose": "Trying out a training job",
        "requester": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
    })
}

/// A request body that passes every check: the account set `fraud` for Ada.
pub fn account_set(execution_policy: &str) -> Value {
    json!({
        "account_set": {
            "name": "fraud", "pipeline": {"account": "111122223333", "region": "eu-west-1"},
            "root_email": "ml-{stage}@example.com", "organizational_unit": "Sandbox",
            "execution_policy": execution_policy,
        },
        "purpose": "Card fraud scoring",
        "requester": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
    })
}
