//! The database file: which ones are refused and why, how it is migrated, what
//! it forgets, and what can never be changed in it.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use vend::adapters::embedded::simulator::{Simulator, SimulatorSettings};
use vend::adapters::embedded::sqlite::{OpenError, SqliteStore};
use vend::domain::event::verify_chain;
use vend::domain::job::{Lane, Settlement};
use vend::domain::request::State;
use vend::ports::clock::{Clock, Ids};
use vend::ports::store::{Filter, JobStore, KeyValue, RequestStore, StoreError};

use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::requests::{delivery, new_request};
use crate::fakes::store::FreshStore;

/// One dump for each schema that was ever released, oldest first.
const RELEASED: &[&str] = &[
    include_str!("fixtures/sqlite/v1.sql"),
    include_str!("fixtures/sqlite/v2.sql"),
    include_str!("fixtures/sqlite/v3.sql"),
];

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, Arc::new(TestClock::default()))
}

fn refusal(path: &Path) -> OpenError {
    match open(path) {
        Ok(_) => panic!("the file was accepted"),
        Err(error) => error,
    }
}

/// A closed database file with some requests in it.
async fn filled(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("vend.db");
    let (store, ids) = (open(&path).unwrap(), SeededIds::default());
    let now = TestClock::default().now();
    for _ in 0..50 {
        store.commit(new_request(ids.request_id(now), now)).await.unwrap();
    }
    store.close().await.unwrap();
    path
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vend.db");
    let text = "These are my notes, not a database. ".repeat(100);
    fs::write(&path, &text).unwrap();
    assert!(matches!(refusal(&path), OpenError::Damaged(_)));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path()).await;
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096 * 8)).unwrap();
    file.write_all(&[0xa5; 4096 * 3]).unwrap();
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Damaged(_)));
    assert!(error.to_string().contains("restore it from a backup"), "{error}");
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path()).await;
    let half = fs::metadata(&path).unwrap().len() / 2;
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(half).unwrap();
    assert!(matches!(refusal(&path), OpenError::Damaged(_)));
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path()).await;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Newer { found: 99, .. }));
    assert!(error.to_string().contains("start the newer version"), "{error}");
    let version = Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0));
    assert_eq!(version, Ok(99));
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("browser.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE cookies (name TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(refusal(&path), OpenError::Foreign));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_folder_is_not_a_database() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(refusal(folder.path()), OpenError::Unusable(_)));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_or_folder_that_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path()).await;
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&path, 0o400);
    set(folder.path(), 0o500);
    let root_writes_everywhere = fs::write(folder.path().join("probe"), "").is_ok();
    // Root may write into any folder but the kernel's.
    let refused = refusal(if root_writes_everywhere { Path::new("/sys/vend.db") } else { &path });
    set(folder.path(), 0o700);
    assert!(matches!(refused, OpenError::ReadOnly), "{refused}");
    assert!(refused.to_string().contains("must be writable"), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files_and_their_logs() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/vend.db");
    let store = open(&path).unwrap();
    let now = TestClock::default().now();
    store.promise(delivery("slack/Ev1", "{}", now)).await.unwrap();
    let world = path.with_file_name("vend.db.simulator");
    let _world = Simulator::open(Some(&world), Arc::new(TestClock::default()), SimulatorSettings::default()).unwrap();
    let names = ["vend.db", "vend.db-wal", "vend.db-shm", "vend.db.simulator", "vend.db.simulator-wal"];
    for name in names {
        let mode = fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn every_released_schema_is_migrated_with_all_it_holds() {
    for dump in RELEASED {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vend.db");
        Connection::open(&path).unwrap().execute_batch(dump).unwrap();
        let (store, clock) = (open(&path).unwrap(), TestClock::default());

        let page = store.list(&Filter { state: Some(State::Approved), requester: None }, None, 10).await.unwrap();
        let request = &page.requests[0];
        let history = store.history(request.id, 0).await.unwrap();
        verify_chain(&history).unwrap();
        assert_eq!(history.len(), 2);
        assert_eq!(store.resolve(&request.id.short_key()).await.unwrap(), [request.id]);
        assert_eq!(store.locks("email/").await.unwrap()[0].1.request, request.id);
        assert_eq!(store.get("secret", clock.now()).await.unwrap().unwrap().value, "s3cret");
        let due = store.claim(Lane::Work, clock.now(), Duration::from_secs(1), 10).await.unwrap();
        assert_eq!(due[0].key, "drive/1");
        store.promise(delivery("slack/Ev1", "{}", clock.now())).await.unwrap();
        let taken = store.claim(Lane::Intake, clock.now(), Duration::from_secs(1), 10).await.unwrap();
        assert_eq!(
            taken.iter().map(|job| &job.kind).collect::<Vec<_>>(),
            [&delivery("", "text=new", clock.now()).kind]
        );
        drop(store);
        assert_eq!(schema(&path), schema(&FreshStore::new().path()), "as if it had been made today");
    }
}

#[test]
fn the_newest_schema_has_a_dump_to_migrate_from() {
    let world = FreshStore::new();
    let newest: usize = Connection::open(world.path())
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
        .map(|version| usize::try_from(version).unwrap())
        .unwrap();
    assert_eq!(RELEASED.len(), newest, "write tests/suite/fixtures/sqlite/v{newest}.sql and list it here");
}

/// Everything the file's schema says, without its layout.
fn schema(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut rows = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
    let words = |sql: String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    rows.query_map((), |row| row.get(0).map(words)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn the_audit_trail_cannot_be_changed_cut_or_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path()).await;
    let connection = Connection::open(path).unwrap();
    let replace = "INSERT OR REPLACE INTO events (request_id, seq, body) SELECT request_id, seq, '{}' FROM events";
    let skip = "INSERT INTO events (request_id, seq, body) SELECT request_id, seq + 2, '{}' FROM events";
    for sql in ["UPDATE events SET body = '{}'", "DELETE FROM events WHERE seq = 1", replace, skip] {
        let error = connection.execute(sql, ()).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_called_corrupt_and_never_quoted() {
    let world = FreshStore::new();
    let now = world.clock.now();
    let id = SeededIds::default().request_id(now);
    world.store.commit(new_request(id, now)).await.unwrap();
    let raw = Connection::open(world.path()).unwrap();
    raw.execute("UPDATE requests SET body = '{\"state\": \"ada@example.com\"}'", ()).unwrap();
    match world.store.load(id).await {
        Err(StoreError::Corrupt(text)) => assert!(!text.contains("ada@"), "{text}"),
        other => panic!("expected Corrupt, got {other:?}"),
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_parked_and_holds_up_nobody() {
    let world = FreshStore::new();
    let now = world.clock.now();
    for key in ["slack/Ev1", "slack/Ev2"] {
        world.store.promise(delivery(key, "{}", now)).await.unwrap();
    }
    let raw = Connection::open(world.path()).unwrap();
    raw.execute(
        "UPDATE arrivals SET jobs = replace(jobs, '\"job\":\"slack\"', '\"job\":\"bake\"') WHERE number = 1",
        (),
    )
    .unwrap();
    let claimed = world.store.claim(Lane::Intake, now, Duration::from_secs(1), 10).await.unwrap();
    assert_eq!(claimed.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["slack/Ev2"]);
    let troubled = world.store.troubled(10).await.unwrap();
    assert!(troubled[0].parked && troubled[0].key == "slack/Ev1");
}

#[tokio::test]
async fn an_arrival_that_cannot_be_read_is_parked_and_holds_up_nobody() {
    let world = FreshStore::new();
    let now = world.clock.now();
    for key in ["slack/Ev1", "slack/Ev2"] {
        world.store.promise(delivery(key, "{}", now)).await.unwrap();
    }
    let raw = Connection::open(world.path()).unwrap();
    raw.execute("UPDATE arrivals SET jobs = substr(jobs, 1, 20) WHERE number = 1", ()).unwrap();
    let claimed = world.store.claim(Lane::Intake, now, Duration::from_secs(1), 10).await.unwrap();
    assert_eq!(claimed.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["slack/Ev2"]);
    let troubled = world.store.troubled(10).await.unwrap();
    assert!(troubled[0].parked && troubled[0].key.starts_with("arrival/"), "{troubled:?}");
}

#[tokio::test]
async fn done_jobs_keep_only_their_key_and_are_forgotten_after_two_days() {
    let world = FreshStore::new();
    for n in 0..100 {
        world.store.promise(delivery(&format!("slack/{n}"), "personal", world.clock.now())).await.unwrap();
    }
    let claim = async || world.store.claim(Lane::Intake, world.clock.now(), Duration::from_secs(1), 100).await.unwrap();
    for job in claim().await {
        world.store.settle(&job.key, &job.lease, Settlement::Done).await.unwrap();
    }
    let raw = Connection::open(world.path()).unwrap();
    let count = |sql: &str| raw.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM jobs WHERE kind <> ''"), 0);
    assert_eq!(count("SELECT count(*) FROM jobs"), 100);

    world.clock.advance(Duration::from_secs(48 * 3600 + 1));
    claim().await;
    assert_eq!(count("SELECT count(*) FROM jobs"), 36, "a few at a time");
    claim().await;
    assert_eq!(count("SELECT count(*) FROM jobs"), 0);
}
