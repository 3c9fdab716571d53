//! What needs a look behind the port: query plans, shared commits, failing
//! transactions. Files that cannot be used are in `tests/suite/sqlite.rs`.

use std::sync::Arc;

use futures::future::join_all;
use tempfile::TempDir;

use super::*;
use crate::adapters::system::SystemClock;
use crate::domain::job::JobKind;
use crate::ports::store::{NewValue, StoreError};

fn fresh() -> (Arc<SqliteStore>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("vend.db"), Arc::new(SystemClock)).unwrap();
    (Arc::new(store), folder)
}

fn delivery(key: &str, body: String) -> NewJob {
    let kind = JobKind::Slack { surface: "events".into(), body };
    NewJob { key: key.to_owned(), kind, due_at: Timestamp::UNIX_EPOCH }
}

/// Polls a write once, which puts it in line, and answers its future.
async fn in_line<F: Future + Unpin>(mut write: F) -> F {
    assert!(futures::poll!(&mut write).is_pending(), "the write waits for its commit");
    write
}

/// Keeps the writing thread busy until the answered sender is used or dropped.
async fn hold(store: &Arc<SqliteStore>) -> std::sync::mpsc::Sender<()> {
    let (go_on, gate) = std::sync::mpsc::channel();
    let store = Arc::clone(store);
    let (started, busy) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let wait = move |_: &rusqlite::Connection| {
            let _ = started.send(());
            let _ = gate.recv();
            Ok(())
        };
        store.writer.single(wait).await
    });
    busy.await.unwrap();
    go_on
}

#[test]
fn no_statement_walks_a_whole_table() {
    // These read an index, or the rows as they stand, from the start, and stop at their limit.
    let from_the_start = [
        ("ARRIVED", "SCAN arrivals"),
        ("ARRIVED_DUE", "SCAN arrivals"),
        ("QUEUE", "SCAN requests USING COVERING INDEX requests_in_line"),
        ("TROUBLED", "SCAN jobs USING INDEX jobs_in_trouble"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let connection = open::writing(&folder.path().join("vend.db")).unwrap();
    for (name, sql) in statements::ALL {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut steps = plan.raw_query();
        while let Some(step) = steps.next().unwrap() {
            let step: String = step.get("detail").unwrap();
            let costly = step.contains("SCAN") || step.contains("TEMP B-TREE");
            assert!(!costly || from_the_start.contains(&(*name, step.as_str())), "{name}: {step}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_wait_share_one_commit() {
    let (store, _folder) = fresh();
    let go_on = hold(&store).await;
    let before = store.commits();
    let mut waiting = Vec::new();
    for n in 0..64 {
        waiting.push(in_line(store.promise(delivery(&format!("slack/Ev{n:02}"), "{}".into()))).await);
    }
    drop(go_on);
    join_all(waiting).await.into_iter().collect::<Stored<()>>().unwrap();
    assert_eq!(store.commits() - before, 2, "one for the write that held the line, one for all that waited");
    assert_eq!(rows_arrived(&store).await, 1, "what arrives together is one row");
    let expected: Vec<_> = (0..64).map(|n| format!("slack/Ev{n:02}")).collect();
    assert_eq!(claimed(&store).await, expected);
    assert_eq!(rows_arrived(&store).await, 0);
}

async fn rows_arrived(store: &SqliteStore) -> i64 {
    let count = |connection: &rusqlite::Connection| {
        let count = connection.query_row("SELECT count(*) FROM arrivals", (), |row| row.get(0));
        count.map_err(|error| rows::store_error(&error))
    };
    store.readers.read(count).await.unwrap()
}

/// The keys of everything the intake can claim.
async fn claimed(store: &SqliteStore) -> Vec<String> {
    let jobs = store.claim(Lane::Intake, Timestamp::now(), Duration::from_mins(1), 1000).await.unwrap();
    jobs.into_iter().map(|job| job.key).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_jobs_that_arrive_together_are_spread_over_rows() {
    let (store, _folder) = fresh();
    let go_on = hold(&store).await;
    let mut waiting = Vec::new();
    for n in 0..9 {
        waiting.push(in_line(store.promise(delivery(&format!("slack/Ev{n}"), "x".repeat(100_000)))).await);
    }
    drop(go_on);
    join_all(waiting).await.into_iter().collect::<Stored<()>>().unwrap();
    assert_eq!(rows_arrived(&store).await, 3);
    assert_eq!(claimed(&store).await.len(), 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closing_store_writes_what_arrived_in_front_of_the_closing() {
    let (store, _folder) = fresh();
    let go_on = hold(&store).await;
    let waiting = in_line(store.promise(delivery("slack/Ev1", "{}".into()))).await;
    let copying = in_line(Box::pin(store.checkpoint())).await;
    drop(go_on);
    waiting.await.unwrap();
    copying.await.unwrap();
    assert_eq!(claimed(&store).await, ["slack/Ev1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refused_write_does_not_harm_those_that_share_its_commit() {
    let (store, _folder) = fresh();
    let go_on = hold(&store).await;
    let now = Timestamp::UNIX_EPOCH;
    let good = in_line(store.put(NewValue::lasting("good", "1"), now)).await;
    let refused = in_line(Box::pin(store.writer.together(move |connection| {
        delivered(connection, "slack/undone")?;
        Err::<(), _>(StoreError::Conflict)
    })))
    .await;
    let also_good = in_line(store.promise(delivery("slack/Ev1", "{}".into()))).await;
    drop(go_on);
    assert!(matches!(refused.await, Err(StoreError::Conflict)));
    good.await.unwrap();
    also_good.await.unwrap();
    assert_eq!(claimed(&store).await, ["slack/Ev1"], "what a refused write did is undone");
}

fn delivered(connection: &rusqlite::Connection, key: &str) -> Stored<()> {
    jobs::JobRow::of(delivery(key, "{}".into()))?.promise(connection)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_commit_fails_nobody_in_it_is_told_success() {
    let (store, _folder) = fresh();
    let go_on = hold(&store).await;
    let innocent = in_line(store.promise(delivery("slack/Ev1", "{}".into()))).await;
    // A lock without a request, found out only by COMMIT itself.
    let culprit = in_line(Box::pin(store.writer.together(|connection| {
        let orphan = "PRAGMA defer_foreign_keys = ON; INSERT INTO locks VALUES ('slot/1', 'nobody', '')";
        connection.execute_batch(orphan).map_err(|error| rows::store_error(&error))
    })))
    .await;
    drop(go_on);
    assert!(matches!(innocent.await, Err(StoreError::Unavailable(_))));
    assert!(matches!(culprit.await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.next_due(Lane::Intake).await.unwrap(), None, "nothing was written");
    store.promise(delivery("slack/Ev1", "{}".into())).await.expect("the store goes on");
    assert_eq!(claimed(&store).await, ["slack/Ev1"]);
}

/// Lets the file grow to this many pages and no further; a full disk looks the same to SQLite.
async fn limit_pages(store: &SqliteStore, pages: u32) {
    let limit = move |connection: &rusqlite::Connection| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        connection.query_row(&sql, (), |row| row.get::<_, i64>(0)).map_err(|error| rows::store_error(&error))
    };
    store.writer.single(limit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_acknowledges_nothing_and_heals_without_a_restart() {
    let (store, _folder) = fresh();
    limit_pages(&store, 60).await;
    let mut stored = 0;
    let error = loop {
        match store.promise(delivery(&format!("slack/{stored}"), "x".repeat(8000))).await {
            Ok(()) => {}
            Err(error) => break error,
        }
        stored += 1;
        assert!(stored < 60, "the disk never gets full");
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(stored > 0);
    assert!(store.next_due(Lane::Intake).await.unwrap().is_some(), "reading still works");

    limit_pages(&store, 10_000).await;
    assert!(store.is_healthy().await, "the probe writes again");
    let expected: Vec<_> = (0..stored).map(|n| format!("slack/{n}")).collect();
    assert_eq!(claimed(&store).await, expected, "what was answered is there, and what was refused is not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_write_is_not_healthy_until_it_can() {
    let (store, folder) = fresh();
    assert!(store.is_healthy().await);
    let do_not_wait = |connection: &rusqlite::Connection| {
        connection.busy_timeout(Duration::ZERO).map_err(|error| rows::store_error(&error))
    };
    store.writer.single(do_not_wait).await.unwrap();
    let other = rusqlite::Connection::open(folder.path().join("vend.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(!store.is_healthy().await);
    assert!(!store.is_healthy().await, "asking does not heal");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.is_healthy().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_has_written_what_waited_and_refuses_the_rest() {
    let (store, folder) = fresh();
    let go_on = hold(&store).await;
    let waiting = in_line(store.promise(delivery("slack/Ev1", "{}".into()))).await;
    let closing = in_line(Box::pin(store.close())).await;
    let behind = in_line(store.promise(delivery("slack/Ev2", "{}".into()))).await;
    drop(go_on);
    waiting.await.unwrap();
    closing.await.unwrap();
    behind.await.expect("it was in line before the door was shut");
    let late = store.promise(delivery("slack/Ev3", "{}".into())).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.next_due(Lane::Intake).await, Err(StoreError::Unavailable(_))));
    assert!(!store.is_healthy().await);
    let log = std::fs::metadata(folder.path().join("vend.db-wal")).map_or(0, |file| file.len());
    assert_eq!(log, 0, "the log was copied into the file");
}
