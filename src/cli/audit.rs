//! `vend audit …`: reads the audit trail straight from the store, so that it
//! works while no server runs, and proves that nothing was altered (P10).

use std::path::Path;

use super::args::AuditCommand;
use super::exit::{Done, Exit, Failure};
use super::local::load_config;
use super::output;
use crate::config::StoreBackend;
use crate::domain::ids::{RequestId, RequestRef};
use crate::ports::store::{Filter, RequestStore, StoreError};
use crate::service::audit::{self, Pages};

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
    let found = audit::verify(store).await.map_err(unreadable)?;
    let requests = counted(found.requests, "request");
    if found.faults.is_empty() {
        return output::line(&format!("{requests}, {}: every chain holds.", counted(found.events, "event")));
    }
    Err(Failure::failed(format!(
        "{} found in {requests}:\n  {}",
        counted(found.faults.len() as u64, "fault"),
        found.faults.join("\n  ")
    )))
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
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
    let mut pages = Pages::of(store, Filter::default());
    while let Some(requests) = pages.next().await.map_err(unreadable)? {
        for request in requests {
            export(store, request.id).await?;
        }
    }
    Ok(())
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
