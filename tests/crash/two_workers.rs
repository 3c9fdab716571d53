//! A gateway and two workers on the same files. The first worker stops (SIGSTOP) between
//! claim and call, or between call and record; the second finishes everything after the
//! lease ran out; the first wakes up in a world that moved on and must do no harm (P3).

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::installation::{Fault, Installation, PATIENCE, PAUSE, Server};
use crate::{on_aws, rest};

/// One plain request, one that is late-busy once, so that its product is terminated.
const ROOT_EMAILS: [&str; 2] = ["plain@corp.example", "twice+fail-busy@corp.example"];
/// The points, each with how many passings of it are tried.
pub const POINTS: [(&str, u32); 10] = [
    ("factory.look_up.before", 2),
    ("factory.look_up.after", 2),
    ("factory.provision.before", 2),
    ("factory.provision.after", 2),
    ("factory.terminate.before", 1),
    ("factory.terminate.after", 1),
    ("store.commit.before", 3),
    ("store.commit.after", 3),
    ("jobs.settle.before", 1),
    ("jobs.settle.after", 1),
];
/// A stop may fall into another loop's write and so lock the database, as a paused
/// process on a shared file would: that is another story, so the run begins anew.
const TRIES: u32 = 5;

/// On AWS, the points around the calls that create and remove.
pub const POINTS_ON_AWS: [(&str, u32); 6] = [
    ("factory.provision.before", 2),
    ("factory.provision.after", 2),
    ("factory.terminate.before", 1),
    ("factory.terminate.after", 1),
    ("store.commit.before", 2),
    ("jobs.settle.before", 1),
];

/// A whole run on AWS; what it left behind is checked.
pub async fn run_on_aws(point: &str, passing: u32) {
    let installation = on_aws::installation(None).await;
    let installation = attempt(installation, (point, passing), "none").await.expect("nothing is locked there");
    installation.check(&format!("stopped on AWS at {point} ({passing})"), ROOT_EMAILS.len(), &ROOT_EMAILS).await;
}

/// A whole run; what it left behind is checked.
pub async fn run(point: &str, passing: u32) {
    let what = format!("stopped at {point} ({passing})");
    for _ in 0..TRIES {
        if let Some(installation) = attempt(Installation::new(&[], None), (point, passing), rest::BLUEPRINT).await {
            return installation.check(&what, ROOT_EMAILS.len(), &ROOT_EMAILS).await;
        }
        println!("{what}: it held the database; once more");
    }
    panic!("{what}: every stop fell into a write");
}

async fn attempt(installation: Installation, at: (&str, u32), blueprint: &str) -> Option<Installation> {
    let (point, passing) = at;
    let mut gateway = installation.start_as("gateway", None).await.expect("the gateway starts");
    let fault = Fault { point: point.to_owned(), passing, action: "stop" };
    let mut first = installation.start_as("worker", Some(&fault)).await.expect("the first worker starts");
    let ids = rest::ask_and_approve_of(&installation, &mut gateway, &ROOT_EMAILS, blueprint).await;
    until_stopped(&first, &installation).await;
    if !installation.is_on_aws() && is_locked(&installation) {
        return None;
    }
    let mut second = installation.start_as("worker", None).await.expect("the second worker starts");
    for id in &ids {
        rest::until_ready(&installation, &mut gateway, id).await;
    }
    signal(&first, Signal::SIGCONT);
    // It finishes what it was at before it leaves.
    end(&mut first).await;
    installation.until_told(&mut gateway, ids.len()).await;
    end(&mut second).await;
    end(&mut gateway).await;
    Some(installation)
}

/// Linux tells in `/proc/<pid>/stat` behind the name: `T` is stopped.
async fn until_stopped(server: &Server, installation: &Installation) {
    let begun = Instant::now();
    let file = format!("/proc/{}/stat", pid(server));
    while !std::fs::read_to_string(&file).unwrap().contains(") T ") {
        assert!(begun.elapsed() < PATIENCE, "it does not stop there:\n{}", installation.log());
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_locked(installation: &Installation) -> bool {
    ["vend.db", "vend.db.simulator"].iter().any(|name| {
        let database = rusqlite::Connection::open(installation.path(name)).unwrap();
        database.busy_timeout(Duration::from_millis(200)).unwrap();
        database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err()
    })
}

/// SIGTERM, and it leaves in order.
async fn end(server: &mut Server) {
    signal(server, Signal::SIGTERM);
    let ended = tokio::time::timeout(PATIENCE, server.child.wait()).await.expect("it ends").unwrap();
    assert!(ended.success(), "{ended}");
}

fn signal(server: &Server, signal: Signal) {
    kill(pid(server), signal).expect("our own child can be signalled");
}

fn pid(server: &Server) -> Pid {
    let id = server.child.id().expect("it runs");
    Pid::from_raw(i32::try_from(id).unwrap())
}
