//! `vend audit …`: reads the audit trail straight from the store, so that it
//! works while no server runs, and proves that nothing was altered (P10).

use std::collections::BTreeMap;
use std::path::Path;

use super::args::AuditCommand;
use super::exit::{Done, Exit, Failure};
use super::local::load_config;
use super::output;
use crate::config::StoreBackend;
use crate::domain::event::verify_chain;
use crate::domain::ids::{RequestId, RequestRef};
use crate::domain::request::{Request, State};
use crate::ports::store::{Filter, RequestStore, StoreError};

/// Requests read at a time.
const PAGE: usize = 100;

pub(super) async fn run(file: Option<&Path>, command: AuditCommand) -> Result<Done, Failure> {
    let config = load_config(file)?;
    let path = &config.store.path;
    if config.store.backend == StoreBackend::Sqlite && !path.exists() {
        let text = format!("there is no store at {}. Start `vend serve` once, or set store.path.", path.display());
        return Err(Failure::new(Exit::NotFound, text));
    }
    let store = crate::app::open_store(&config).await.map_err(|error| Failure::failed(format!("{error:#}")))?;
    let store = store.as_ref();
    match command {
        AuditCommand::Verify => verify(store).await,
        AuditCommand::Export { request: Some(id) } => {
            let id = find(store, &id).await?;
            export(store, id).await
        }
        AuditCommand::Export { request: None } => export_all(store).await,
    }
}

async fn verify(store: &dyn RequestStore) -> Result<Done, Failure> {
    let (mut states, mut events, mut faults) = (BTreeMap::new(), 0_u64, Vec::new());
    let mut before = None;
    loop {
        let page = store.list(&Filter::default(), before, PAGE).await.map_err(unreadable)?;
        for request in &page.requests {
            states.insert(request.id, request.state);
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
    faults.extend(misfiled(store, &states).await?);
    let requests = counted(states.len() as u64, "request");
    if faults.is_empty() {
        return output::line(&format!("{requests}, {}: every chain holds.", counted(events, "event")));
    }
    Err(Failure::failed(format!(
        "{} found in {requests}:\n  {}",
        counted(faults.len() as u64, "fault"),
        faults.join("\n  ")
    )))
}

/// The requests that are listed under another state than their own: lists and the queue would pass them over.
async fn misfiled(store: &dyn RequestStore, states: &BTreeMap<RequestId, State>) -> Result<Vec<String>, Failure> {
    let mut unseen = states.clone();
    for state in State::ALL {
        let filter = Filter { state: Some(state), requester: None };
        let mut before = None;
        loop {
            let page = store.list(&filter, before, PAGE).await.map_err(unreadable)?;
            for request in &page.requests {
                if unseen.get(&request.id) == Some(&state) {
                    unseen.remove(&request.id);
                }
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
    }
    let mut faults = Vec::new();
    for (id, state) in unseen {
        // One that moved on while we were reading is where it should be.
        if store.load(id).await.map_err(unreadable)?.state == state {
            faults.push(format!("{id}: not listed among the requests that are {}", state.word()));
        }
    }
    Ok(faults)
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
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
