//! Whether the store can be written: a value of our own that expires by itself. A
//! SQLite file that is not there yet is not made.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;

use super::finding::{Finding, State};
use super::surroundings::Surroundings;
use crate::adapters::aws::dynamodb::{self, DynamoStore, TableError};
use crate::adapters::embedded::sqlite::SqliteStore;
use crate::adapters::system::SystemClock;
use crate::config::StoreBackend;
use crate::ports::clock::Clock as _;
use crate::ports::store::{KeyValue, NewValue, StoreError};

const CHECK: &str = "store";
const TABLE: &str = "table";
const PROBE: &str = "doctor/probe";
const PROBE_LIVES: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    match place.config.store.backend {
        StoreBackend::Sqlite => vec![file(&place.config.store.path).await],
        StoreBackend::DynamoDb => table(place).await,
    }
}

/// The table's shape and clean-up first: a table of another shape is not written to.
async fn table(place: &Surroundings<'_>) -> Vec<Finding> {
    let Some(name) = place.config.store.table.as_deref() else { return Vec::new() };
    let shape = judge_table(name, dynamodb::faults(&place.own, name).await);
    if shape.state != State::Green {
        return vec![shape];
    }
    let store = DynamoStore::over(&place.own, name, Arc::new(SystemClock));
    let written = match write(&store).await {
        Ok(()) => Finding::well(CHECK, format!("{name} is written and read")),
        Err(error) => {
            let fix = "allow what `permissions` tells, and look at AWS's health page";
            Finding::ill(CHECK, format!("{name} cannot be written: {error}"), fix)
        }
    };
    vec![shape, written]
}

fn judge_table(name: &str, faults: Result<Vec<String>, TableError>) -> Finding {
    const CREATE: &str = "deploy deploy/table.yaml, or run `vend store create`";
    match faults {
        Ok(faults) if faults.is_empty() => {
            Finding::well(TABLE, format!("{name}: keys, indexes and clean-up are right"))
        }
        Ok(faults) => Finding::ill(TABLE, format!("{name}: {}", faults.join("; ")), CREATE),
        Err(TableError::Missing(_)) => Finding::ill(TABLE, format!("there is no table {name}"), CREATE),
        Err(error) => Finding::unseen(TABLE, error.to_string(), "look at the network and allow dynamodb:DescribeTable"),
    }
}

async fn file(path: &Path) -> Finding {
    let shown = path.display();
    if !path.exists() {
        return folder(path);
    }
    let own = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&own, Arc::new(SystemClock))).await;
    let store = match opened {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => return Finding::ill(CHECK, format!("{shown}: {error}"), "see there, then run this again"),
        Err(_) => return Finding::unseen(CHECK, format!("{shown} cannot be opened"), "run this again"),
    };
    let written = write(&store).await;
    let _ = store.close().await;
    match written {
        Ok(()) => Finding::well(CHECK, format!("{shown} is written and read")),
        Err(error) => {
            let fix = "look at free space and permissions, and that no other program holds the file";
            Finding::ill(CHECK, format!("{shown} cannot be written: {error}"), fix)
        }
    }
}

/// Where the file will be made at the first start.
fn folder(path: &Path) -> Finding {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match tempfile_in(folder) {
        Ok(()) => Finding::well(CHECK, format!("{} is made at the first start", path.display())),
        Err(error) => {
            let fix = "make the folder writable for this user, or set store.path";
            Finding::ill(CHECK, format!("{} cannot be made: {error}", path.display()), fix)
        }
    }
}

/// Makes and removes an empty file.
pub(super) fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".vend-doctor-{}", std::process::id()));
    std::fs::File::create(&probe)?;
    std::fs::remove_file(&probe)
}

async fn write(store: &dyn KeyValue) -> Result<(), StoreError> {
    let now = SystemClock.now();
    let expected = store.get(PROBE, now).await?.map(|found| found.version);
    let expires_at = now.checked_add(PROBE_LIVES).ok();
    let value = NewValue { expected, expires_at, ..NewValue::lasting(PROBE, now.to_string()) };
    match store.put(value, now).await {
        // Another doctor wrote it in this moment: it can be written.
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}
