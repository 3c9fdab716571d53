//! What submit, read, list, decide and poll consume of a `DynamoDB` table: calls and
//! capacity units of each, indexes included, with no and with many stored requests.
//!
//! `cargo bench --bench capacity`; `VEND_BENCH_STORED` sets the larger number.
//! The table is the one tests play, whose bill is compared with `DynamoDB` Local's in
//! `tests/suite/peers`. The installation is this program started again: where AWS is, a
//! process learns from its environment.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench stops at the first surprise and tells what it measured; the fake offers what tests need"
)]

#[path = "../tests/suite/fakes/aws/dynamodb/mod.rs"]
mod dynamodb;
mod support;
#[path = "../tests/suite/fakes/aws/wire.rs"]
mod wire;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use dynamodb::{Made, PlayedDynamoDb};
use support::{setting, smoke};
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::dynamodb::create;
use vend::app::App;
use vend::config::Config;
use vend::domain::ids::RequestId;
use vend::domain::job::Lane;
use vend::domain::person::{Actor, Channel, Requester};
use vend::domain::request::State;
use vend::domain::spec::Draft;
use vend::service::{Decide, Wanted};

const VERBS: [&str; 5] = ["submit", "read", "list", "decide", "poll"];
const TABLE: &str = "vend-bench";
/// Says to the program that it is the installation, not the bench.
const INSTALLED: &str = "installation";

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if std::env::args().nth(1).as_deref() == Some(INSTALLED) {
        runtime.block_on(installation());
    } else {
        runtime.block_on(bench());
    }
}

/// What one verb consumed, over all its calls.
#[derive(Default)]
struct Bill {
    times: u32,
    calls: u32,
    units: f64,
    operations: BTreeMap<String, u32>,
}

async fn bench() {
    let (few, many) = if smoke() { (3, 10) } else { (20, setting("VEND_BENCH_STORED", 500)) };
    let (service, endpoint) = PlayedDynamoDb::start().await;
    let folder = support::folder("capacity");
    let mut child = start(&endpoint.url, folder.path(), many);
    let mut answers = child.stdin.take().unwrap();
    let mut bills: BTreeMap<String, Bill> = BTreeMap::new();
    let (mut early, mut submitted) = (BTreeMap::new(), 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let verb = line.unwrap();
        bills.entry(verb.clone()).or_default().add(service.made());
        go_on(&mut answers);
        submitted += usize::from(verb == "submit");
        if submitted == few && verb == VERBS[VERBS.len() - 1] && early.is_empty() {
            early = std::mem::take(&mut bills);
        }
    }
    assert!(child.wait().unwrap().success(), "the installation failed");
    print(&format!("the first {few} requests"), &early);
    print(&format!("the {} after them", many - few), &bills);
}

impl Bill {
    fn add(&mut self, made: Vec<Made>) {
        self.times += 1;
        for one in made {
            self.calls += 1;
            self.units += one.units;
            *self.operations.entry(one.operation).or_default() += 1;
        }
    }
}

fn print(what: &str, bills: &BTreeMap<String, Bill>) {
    println!("{what:<28} calls   units   of these");
    for verb in VERBS {
        let Some(bill) = bills.get(verb) else { continue };
        let times = f64::from(bill.times);
        let of_these: Vec<String> =
            bill.operations.iter().map(|(name, count)| format!("{name} {:.1}", f64::from(*count) / times)).collect();
        println!(
            "  {verb:<26} {:>5.1}  {:>6.1}   {}",
            f64::from(bill.calls) / times,
            bill.units / times,
            of_these.join(", ")
        );
    }
}

fn start(url: &str, folder: &std::path::Path, requests: usize) -> Child {
    let environment = [
        ("AWS_ENDPOINT_URL_DYNAMODB", url),
        ("AWS_ACCESS_KEY_ID", "AKIDBENCH"),
        ("AWS_SECRET_ACCESS_KEY", "made-up"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([INSTALLED, &requests.to_string()]).arg(folder).envs(environment);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn go_on(child: &mut ChildStdin) {
    writeln!(child, "on").unwrap();
    child.flush().unwrap();
}

/// In the child: makes its requests one after another, and says after each verb which it was.
async fn installation() {
    let arguments: Vec<String> = std::env::args().collect();
    let (requests, folder): (usize, _) = (arguments[2].parse().unwrap(), std::path::Path::new(&arguments[3]));
    let outbox = folder.join("outbox").display().to_string();
    let settings =
        [("VEND_STORE__BACKEND", "dynamodb"), ("VEND_STORE__TABLE", TABLE), ("VEND_MAIL__OUTBOX_DIR", &outbox)];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, settings.into_iter(), std::path::Path::new("no-such-file.toml")).unwrap();
    let connection = Connection::from_environment().await;
    create(&connection, TABLE).await.unwrap();
    let app = App::build(&config, "127.0.0.1:1".parse().unwrap()).await.unwrap();
    done("start");
    for nth in 0..requests {
        one_request(&app, nth).await;
    }
}

async fn one_request(app: &App, nth: usize) {
    let (service, operator) = (&app.service, Actor::local_operator(Channel::Api));
    let who = Requester {
        email: format!("user{nth}@corp.example"),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        slack: None,
    };
    let draft = Draft {
        account_type: Some("Sandbox".into()),
        root_email: Some(format!("bench-{nth}@corp.example")),
        organizational_unit: Some("Demos".into()),
        purpose: Some("to be measured".into()),
        ..Draft::default()
    };
    let made = service.submit(&draft, &who, &operator, None).await.expect("it is stored");
    done(VERBS[0]);
    let id: RequestId = made.id.parse().unwrap();
    service.show(id).await.unwrap();
    done(VERBS[1]);
    let wanted = Wanted { state: Some(State::Pending), limit: 20, ..Wanted::default() };
    service.list(wanted).await.unwrap();
    done(VERBS[2]);
    service.decide(id, &operator, Decide::Deny { reason: "a bench".into() }).await.unwrap();
    done(VERBS[3]);
    service.store.claim(Lane::Work, service.clock.now(), Duration::from_mins(10), 1).await.unwrap();
    done(VERBS[4]);
}

/// Tells the bench which verb is done, and waits until it has read the bill.
fn done(verb: &str) {
    println!("{verb}");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("the bench answers");
}
