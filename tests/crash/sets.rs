//! The journey of an account set: three accounts, their stacks, their post steps and the
//! toolkit stacks, each killed at by name. One blueprint fails once, so that the set fails and is retried.

use std::collections::BTreeSet;

use serde_json::json;

use crate::installation::{Fault, Installation};
use crate::rest;

/// What a set does for each of its accounts; a kill before and after each is tried for each.
pub const OWN: [&str; 4] = ["factory.provision", "blueprints.deploy", "blueprints.post_step", "store.commit"];
const POST_STEPS: [&str; 4] = ["tags", "budget", "devops-guru", "alternate-contacts"];
const NAME: &str = "crash";
const GOVERNANCE: &str = "111122223333";
const ROOT_EMAILS: [&str; 3] =
    ["set-dev@corp.example", "set-preprod+fail-blueprint@corp.example", "set-prod@corp.example"];
/// The set's request and those of its accounts.
const REQUESTS: usize = 4;

/// A whole run; what it left behind is checked.
pub async fn run(what: &str, fault: Option<Fault>) -> Installation {
    let steps = POST_STEPS.join(",");
    let installation = Installation::new(&[("VEND_BLUEPRINTS__POST_STEPS", &steps)], fault);
    let mut server = installation.start().await;
    // A region each, so that a toolkit stack is told by its region.
    let body = json!({
        "account_set": {
            "name": NAME, "pipeline": {"account": GOVERNANCE, "region": "eu-west-1"},
            "organizational_unit": "Demos", "execution_policy": "least-privilege",
            "stages": {
                "dev": {"root_email": ROOT_EMAILS[0], "region": "eu-central-1"},
                "preprod": {"root_email": ROOT_EMAILS[1], "region": "eu-west-2"},
                "prod": {"root_email": ROOT_EMAILS[2], "region": "us-east-1"},
            },
        },
        "purpose": "to be interrupted",
        "requester": {"email": "for-set@corp.example", "first_name": "Ada", "last_name": "Lovelace"},
    });
    let made = installation.until_answered(&mut server, ("POST", "/api/v1/requests"), Some(("set", &body))).await;
    let id = made["id"].as_str().unwrap_or_else(|| panic!("no id in {made}")).to_owned();
    installation.acknowledged(&id);
    let approve = format!("/api/v1/requests/{id}/approve");
    installation.until_answered(&mut server, ("POST", &approve), Some(("approve", &json!({})))).await;
    rest::until_ready(&installation, &mut server, &id).await;
    installation.until_told(&mut server, 1).await;
    let path = format!("/api/v1/requests/{id}/artefacts");
    let listed = installation.until_answered(&mut server, ("GET", &path), None).await;
    let files = listed["artefacts"].as_array().map_or(0, Vec::len);
    assert_eq!(files, 8, "{what}: cdk-app.yml, four policies, zones, networks, profiles");
    server.child.kill().await.unwrap();
    let canaries = [&ROOT_EMAILS[..], &["@corp.example"]].concat();
    installation.check_made(what, (REQUESTS, ROOT_EMAILS.len()), &canaries).await;
    each_once(&installation, what);
    installation
}

/// What the pretend world counts: every stack, post step and toolkit stack was begun once, the failed one twice.
fn each_once(installation: &Installation, what: &str) {
    let world = rusqlite::Connection::open(installation.path("vend.db.simulator")).unwrap();
    let ask = |sql: &str| world.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(ask("SELECT count(*) FROM operation"), 3, "{what}: one operation an account");
    assert_eq!(ask("SELECT count(DISTINCT account_id || stack_name) FROM stack"), 3, "{what}: one stack an account");
    assert_eq!(ask("SELECT count(*) FROM stack"), 4, "{what}: one attempt each, two where the first failed");
    assert_eq!(ask("SELECT count(*) FROM post_step WHERE done_ms IS NOT NULL"), 12, "{what}: four steps an account");
    assert_eq!(ask("SELECT count(*) FROM bootstrap"), 4, "{what}: governance and three accounts");
    assert_eq!(ask("SELECT max(changes) FROM bootstrap"), 1, "{what}: each toolkit stack was changed once");
}

/// Every point with whom it is about, of what a set does: for commits the set's own states and one account's.
pub fn points(trace: &str) -> Vec<String> {
    let states = [format!(" {NAME} "), format!(" {NAME}-dev ")];
    let wanted = |line: &&str| match crate::call_of(line) {
        "store.commit" => states.iter().any(|state| line.contains(state)),
        call => OWN.contains(&call) || crate::IN_SETS.contains(&call),
    };
    trace.lines().filter(wanted).map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}
