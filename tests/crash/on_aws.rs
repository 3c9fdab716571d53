//! The journeys on AWS: requests in DynamoDB, accounts from Service Catalog. Each point
//! kills once; a paused worker wakes up in a world that moved on; and everything at once.

use std::time::Duration;

use crate::cloud::Aws;
use crate::installation::{Fault, Installation, PAUSE};
use crate::played::service_catalog::mood::Mood;
use crate::rest;

/// The first launch fails late for being one too many, so that its product is terminated.
const ROOT_EMAILS: [&str; 2] = ["first@corp.example", "second@corp.example"];

fn late_busy() -> Mood {
    Mood { late_busy: 1, ..Mood::default() }
}

/// A whole run; what it left behind is checked.
pub async fn run(what: &str, fault: Option<Fault>) -> Installation {
    let installation = installation(fault).await;
    let mut server = installation.start().await;
    rest::journey_of(&installation, &mut server, &ROOT_EMAILS, "none").await;
    server.child.kill().await.unwrap();
    installation.check(what, ROOT_EMAILS.len(), &ROOT_EMAILS).await;
    installation
}

/// An installation in a world where the first launch fails late.
pub async fn installation(fault: impl IntoIterator<Item = Fault>) -> Installation {
    Installation::on(Aws::start(late_busy()).await, fault)
}

/// Eight approved requests, a lost answer, hidden products, throttling, a late busy, and two kills.
pub async fn everything_at_once() {
    let mood = Mood {
        lost_answers: 1,
        hidden_for: Duration::from_mins(4),
        throttled: 3,
        throttled_looks: 3,
        late_busy: 1,
        ..Mood::default()
    };
    let installation = Installation::on(Aws::start(mood).await, None);
    let mut server = installation.start().await;
    let emails: Vec<_> = (1..=8).map(|nth| format!("chaos-{nth}@corp.example")).collect();
    let emails: Vec<_> = emails.iter().map(String::as_str).collect();
    let ids = rest::ask_and_approve_of(&installation, &mut server, &emails, "none").await;
    for _ in 0..2 {
        tokio::time::sleep(40 * PAUSE).await;
        assert!(installation.kill_the_running_one(), "it runs");
        server.child.wait().await.unwrap();
        installation.revive(&mut server).await;
    }
    for id in &ids {
        rest::until_ready(&installation, &mut server, id).await;
    }
    installation.until_told(&mut server, ids.len()).await;
    server.child.kill().await.unwrap();
    installation.check("everything at once", ids.len(), &emails).await;
}
