//! `vend audit …`: reads the audit trail straight from the store, so that it
//! works while no server runs, and proves that nothing was altered (P10).

use std::path::Path;
use std::sync::Arc;

use super::args::AuditCommand;
use super::exit::{Done, Exit, Failure};
use super::local::load_config;
use super::output;
use crate::adapters::embedded::sqlite::SqliteStore;
use crate::adapters::system::SystemClock;
use crate::domain::event::verify_chain;
use crate::domain::ids::{RequestId, RequestRef};
use crate::domain::request::Request;
use crate::ports::store::{Filter, RequestStore, StoreError};

/// Requests read at a time.
const PAGE: usize = 100;

pub(super) async fn run(file: Option<&Path>, command: AuditCommand) -> Result<Done, Failure> {
    let config = load_config(file)?;
    let path = &config.store.path;
    if !path.exists() {
        let text = format!("there is no store at {}. Start `vend serve` once, or set store.path.", path.display());
        return Err(Failure::new(Exit::NotFound, text));
    }
    let store = SqliteStore::open(path, Arc::new(SystemClock))
        .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    match command {
        AuditCommand::Verify => verify(&store).await,
        AuditCommand::Export { request: Some(id) } => {
            let id = find(&store, &id).await?;
            export(&store, id).await
        }
        AuditCommand::Export { request: None } => export_all(&store).await,
    }
}

async fn verify(store: &dyn RequestStore) -> Result<Done, Failure> {
    let (mut requests, mut events, mut faults) = (0_u64, 0_u64, Vec::new());
    let mut before = None;
    loop {
        let page = store.list(&Filter::default(), before, PAGE).await.map_err(unreadable)?;
        for request in &page.requests {
            requests += 1;
            match verify_one(store, request).await {
                Ok(count) => events += count,
                Err(fault) => faults.push(fault),
            }
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    if faults.is_empty() {
        return output::line(&format!("{requests} requests, {events} events: every chain holds."));
    }
    Err(Failure::failed(format!("{} of {requests} requests do not hold:\n  {}", faults.len(), faults.join("\n  "))))
}

/// Checks one request's chain, and that its present state is the fold of it.
async fn verify_one(store: &dyn RequestStore, request: &Request) -> Result<u64, String> {
    let history = store.history(request.id, 0).await.map_err(|error| format!("{}: {error}", request.id))?;
    verify_chain(&history).map_err(|broken| broken.to_string())?;
    let folded = Request::fold(&history).map_err(|error| format!("{}: {error}", request.id))?;
    if folded != *request {
        return Err(format!("{}: the stored state is not what its events lead to", request.id));
    }
    Ok(history.len() as u64)
}

async fn find(store: &dyn RequestStore, text: &str) -> Result<RequestId, Failure> {
    let missing = || Failure::new(Exit::NotFound, format!("there is no request {}.", output::safe(text)));
    match text.parse::<RequestRef>().map_err(|error| Failure::usage(error.to_string()))? {
        RequestRef::Full(id) => Ok(id),
        RequestRef::Short(key) => match store.resolve(&key).await.map_err(unreadable)?.as_slice() {
            [id] => Ok(*id),
            [] => Err(missing()),
            _ => Err(Failure::usage("several requests have this short id. Give the whole one.")),
        },
    }
}

async fn export_all(store: &dyn RequestStore) -> Result<Done, Failure> {
    let mut before = None;
    loop {
        let page = store.list(&Filter::default(), before, PAGE).await.map_err(unreadable)?;
        for request in &page.requests {
            export(store, request.id).await?;
        }
        before = page.next;
        if before.is_none() {
            return Ok(());
        }
    }
}

async fn export(store: &dyn RequestStore, id: RequestId) -> Result<Done, Failure> {
    let history = store.history(id, 0).await.map_err(unreadable)?;
    if history.is_empty() {
        return Err(Failure::new(Exit::NotFound, format!("there is no request {id}.")));
    }
    for recorded in &history {
        let text = serde_json::to_string(recorded).map_err(|error| Failure::failed(error.to_string()))?;
        output::line(&text)?;
    }
    Ok(())
}

fn unreadable(error: StoreError) -> Failure {
    match error {
        StoreError::NotFound => Failure::new(Exit::NotFound, "there is no such request."),
        other => Failure::failed(other.to_string()),
    }
}
