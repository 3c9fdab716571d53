//! The journey over REST: ask, approve, retry what can be retried, wait for the end.

use std::time::Instant;

use serde_json::json;

use crate::installation::{Fault, Installation, PATIENCE, PAUSE, Server};

/// One plain request, one that is late-busy once and needs a second attempt, one whose blueprint fails once.
pub const ROOT_EMAILS: [&str; 3] =
    ["plain@corp.example", "twice+fail-busy@corp.example", "again+fail-blueprint@corp.example"];

pub const BLUEPRINT: &str = "ml-workload-nonprod";

/// A whole run; what it left behind is checked.
pub async fn run(what: &str, fault: Option<Fault>) -> Installation {
    let installation = Installation::new(&[], fault);
    let mut server = installation.start().await;
    journey(&installation, &mut server, &ROOT_EMAILS).await;
    server.child.kill().await.unwrap();
    installation.check(what, ROOT_EMAILS.len(), &[&ROOT_EMAILS[..], &["@corp.example"]].concat()).await;
    installation
}

/// Every address gets its account.
pub async fn journey(installation: &Installation, server: &mut Server, root_emails: &[&str]) {
    journey_of(installation, server, root_emails, BLUEPRINT).await;
}

/// Every address gets its account with this blueprint.
pub async fn journey_of(installation: &Installation, server: &mut Server, root_emails: &[&str], blueprint: &str) {
    let ids = ask_and_approve_of(installation, server, root_emails, blueprint).await;
    for id in &ids {
        until_ready(installation, server, id).await;
    }
    installation.until_told(server, root_emails.len()).await;
}

/// Asks for one account an address, each for another person, and approves them.
pub async fn ask_and_approve(installation: &Installation, server: &mut Server, root_emails: &[&str]) -> Vec<String> {
    ask_and_approve_of(installation, server, root_emails, BLUEPRINT).await
}

/// The same with this blueprint, or `none`.
pub async fn ask_and_approve_of(
    installation: &Installation,
    server: &mut Server,
    root_emails: &[&str],
    blueprint: &str,
) -> Vec<String> {
    let mut ids = Vec::new();
    for email in root_emails {
        let body = json!({
            "account_type": "Sandbox", "root_email": email, "organizational_unit": "Demos",
            "blueprint": blueprint, "purpose": "to be interrupted",
            "requester": {"email": format!("for-{email}"), "first_name": "Ada", "last_name": "Lovelace"},
        });
        let made = installation.until_answered(server, ("POST", "/api/v1/requests"), Some((email, &body))).await;
        let id = made["id"].as_str().unwrap_or_else(|| panic!("no id in {made}")).to_owned();
        installation.acknowledged(&id);
        ids.push(id);
    }
    for id in &ids {
        let path = format!("/api/v1/requests/{id}/approve");
        installation.until_answered(server, ("POST", &path), Some(("approve", &json!({})))).await;
    }
    ids
}

pub async fn until_ready(installation: &Installation, server: &mut Server, id: &str) {
    let begun = Instant::now();
    loop {
        let seen = installation.until_answered(server, ("GET", &format!("/api/v1/requests/{id}")), None).await;
        match seen["state"].as_str() {
            Some("ready") => return,
            Some("failed") => {
                let failure = &seen["failure"];
                let stack_is_there = failure["step"] == "blueprint_deployment"
                    && !failure["advice"].as_str().unwrap_or_default().contains("of the blueprint is removed");
                // A failed blueprint is undone first, and begun anew when nothing is left of it.
                let verb = if stack_is_there { "rollback" } else { "retry" };
                let path = format!("/api/v1/requests/{id}/{verb}");
                installation.until_answered(server, ("POST", &path), Some((verb, &json!({})))).await;
                tokio::time::sleep(PAUSE).await;
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
        assert!(begun.elapsed() < PATIENCE, "{id} does not end: {seen}\n{}", installation.log());
    }
}
