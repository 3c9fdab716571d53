//! Group commit: one thread owns the writing connection, takes every write that
//! waits, runs each in its own savepoint, commits once (one fsync for all) and
//! only then answers each caller. Knows nothing of what the writes mean.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::arrivals::{Arrival, Bundle};
use super::rows::store_error;
use crate::ports::store::{StoreError, Stored};

/// Writes that may wait; more callers than this wait to get in line.
const LINE: usize = 1024;
/// Writes that share one commit at most, so that the first of them is not kept too long.
const BATCH: usize = 512;

/// The way to the writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    line: Option<mpsc::Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    health: Arc<Health>,
}

/// What the thread tells about itself.
#[derive(Debug, Default)]
struct Health {
    commits: AtomicU64,
    failing: AtomicBool,
}

enum Message {
    Write(Box<dyn Write>),
    Arrive(Arrival, oneshot::Sender<Stored<()>>),
    Checkpoint { last: bool, done: oneshot::Sender<Stored<()>> },
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (line, waiting) = mpsc::channel(LINE);
        let health = Arc::new(Health::default());
        let callers = Handle::try_current().ok();
        let thread = Thread { connection, waiting, callers, health: Arc::clone(&health) };
        let thread = std::thread::Builder::new().name("vend-store".to_owned()).spawn(move || thread.run())?;
        Ok(Self { line: Some(line), thread: Some(thread), health })
    }

    /// Runs several statements that take effect together or not at all.
    pub(super) fn together<T, F>(&self, work: F) -> impl Future<Output = Stored<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Stored<T> + Send + 'static,
    {
        self.single(move |connection: &Connection| in_savepoint(connection, work))
    }

    /// Runs one changing statement, which by itself takes effect or does not.
    pub(super) fn single<T, F>(&self, work: F) -> impl Future<Output = Stored<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Stored<T> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        // Boxed at once, so that no future carries the work along.
        let write = Message::Write(Box::new(Waiting { work: Some(work), result: None, caller }));
        async move {
            self.send(write).await?;
            answer.await.map_err(|_| closed())?
        }
    }

    /// Stores a delivery, in one row with all that share its commit.
    pub(super) fn arrive(&self, arrival: Arrival) -> impl Future<Output = Stored<()>> + Send {
        let (caller, answer) = oneshot::channel();
        let message = Message::Arrive(arrival, caller);
        async move {
            self.send(message).await?;
            answer.await.map_err(|_| closed())?
        }
    }

    /// Copies the log into the file; with `last`, accepts no more writes and ends the thread.
    pub(super) async fn checkpoint(&self, last: bool) -> Stored<()> {
        let (done, answer) = oneshot::channel();
        self.send(Message::Checkpoint { last, done }).await?;
        answer.await.map_err(|_| closed())?
    }

    async fn send(&self, message: Message) -> Stored<()> {
        let line = self.line.as_ref().ok_or_else(closed)?;
        line.send(message).await.map_err(|_| closed())
    }

    /// How many transactions were committed.
    pub(super) fn commits(&self) -> u64 {
        self.health.commits.load(Ordering::Relaxed)
    }

    /// Whether the last transaction that tried to change something failed.
    pub(super) fn is_failing(&self) -> bool {
        self.health.failing.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread ends once the line is closed and what waits in it is written.
        drop(self.line.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store was closed".to_owned())
}

/// A write with its result's type erased.
pub(super) trait Write: Send {
    /// Runs it within the open transaction; keeps the result until [`Write::answer`].
    /// Answers what went wrong, for the case that it ended the transaction.
    fn run(&mut self, connection: &Connection) -> Result<(), String>;

    /// Tells the caller the result, or why the transaction failed.
    fn answer(self: Box<Self>, outcome: &Result<(), String>);
}

struct Waiting<T, F> {
    work: Option<F>,
    result: Option<Stored<T>>,
    caller: oneshot::Sender<Stored<T>>,
}

impl<T, F> Write for Waiting<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Stored<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), String> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let result = work(connection);
        let outcome = result.as_ref().map(|_| ()).map_err(ToString::to_string);
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, outcome: &Result<(), String>) {
        let result = match (outcome, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(closed()),
            (Err(why), _) => Err(StoreError::Unavailable(why.clone())),
        };
        // A caller that went away does not want the answer.
        let _ = self.caller.send(result);
    }
}

/// What the thread owns.
struct Thread {
    connection: Connection,
    waiting: mpsc::Receiver<Message>,
    /// Where the callers run, if that is one place.
    callers: Option<Handle>,
    health: Arc<Health>,
}

impl Thread {
    fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(message) = self.waiting.blocking_recv() {
            // Callers that are about to write get into this commit, not into the next.
            std::thread::yield_now();
            let interruption = self.gather(message, &mut batch);
            self.write(&mut batch);
            if let Some((last, done)) = interruption {
                if last {
                    self.finish(&mut batch);
                }
                let _ = done.send(self.checkpoint());
            }
        }
        if let Err(error) = self.checkpoint() {
            tracing::warn!(%error, "the log was not copied into the database file; the next start does it");
        }
    }

    /// Takes everything that waits, up to the first message that is not a write.
    fn gather(
        &mut self,
        mut message: Message,
        batch: &mut Vec<Box<dyn Write>>,
    ) -> Option<(bool, oneshot::Sender<Stored<()>>)> {
        let mut bundle: Option<Box<Bundle>> = None;
        let mut interruption = None;
        for _ in 0..BATCH {
            match message {
                Message::Write(write) => batch.push(write),
                Message::Arrive(arrival, caller) => match &mut bundle {
                    Some(bundle) if bundle.has_room() => bundle.add(&arrival, caller),
                    bundle => batch.extend(bundle.replace(Box::new(Bundle::of(arrival, caller))).map(|full| full as _)),
                },
                Message::Checkpoint { last, done } => {
                    interruption = Some((last, done));
                    break;
                }
            }
            let Ok(next) = self.waiting.try_recv() else { break };
            message = next;
        }
        batch.extend(bundle.map(|bundle| bundle as _));
        interruption
    }

    /// Writes what already waits and lets nobody else in.
    fn finish(&mut self, batch: &mut Vec<Box<dyn Write>>) {
        self.waiting.close();
        while let Some(message) = self.waiting.blocking_recv() {
            // A second close waits for an answer too; dropping it tells "closed".
            let _ = self.gather(message, batch);
            self.write(batch);
        }
    }

    /// One transaction, then the answers.
    fn write(&self, batch: &mut Vec<Box<dyn Write>>) {
        if batch.is_empty() {
            return;
        }
        let before = self.connection.total_changes();
        let outcome = self.transaction(batch);
        if outcome.is_ok() {
            self.health.commits.fetch_add(1, Ordering::Relaxed);
        }
        // A transaction that changed nothing tells nothing about the disk.
        if outcome.is_err() || self.connection.total_changes() != before {
            self.report(&outcome);
        }
        self.answer(std::mem::take(batch), outcome);
    }

    /// Answers all of a batch. Done among the callers, that wakes their runtime
    /// once; from here, once for each of them.
    fn answer(&self, batch: Vec<Box<dyn Write>>, outcome: Result<(), String>) {
        let answers = move || batch.into_iter().for_each(|write| write.answer(&outcome));
        match &self.callers {
            Some(callers) => drop(callers.spawn(async move { answers() })),
            None => answers(),
        }
    }

    /// Logs only when things turn bad or good: a full disk has no room for a line per write.
    fn report(&self, outcome: &Result<(), String>) {
        let was_failing = self.health.failing.swap(outcome.is_err(), Ordering::Relaxed);
        match outcome {
            Err(error) if !was_failing => tracing::error!(%error, "the store cannot write; nothing is acknowledged"),
            Ok(()) if was_failing => tracing::info!("the store can write again"),
            _ => {}
        }
    }

    fn transaction(&self, batch: &mut [Box<dyn Write>]) -> Result<(), String> {
        let outcome = self.try_transaction(batch);
        if outcome.is_err() && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        outcome
    }

    fn try_transaction(&self, batch: &mut [Box<dyn Write>]) -> Result<(), String> {
        self.execute("BEGIN IMMEDIATE")?;
        for write in batch {
            let outcome = write.run(&self.connection);
            // A full disk or an I/O error may end the whole transaction, not only the statement.
            if self.connection.is_autocommit() {
                return Err(outcome.err().unwrap_or_else(|| "the transaction ended early".to_owned()));
            }
        }
        self.execute("COMMIT")
    }

    fn execute(&self, sql: &str) -> Result<(), String> {
        let run = || self.connection.prepare_cached(sql)?.execute(());
        run().map(drop).map_err(|error| error.to_string())
    }

    fn checkpoint(&self) -> Stored<()> {
        let run = || self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get::<_, i64>(0));
        match run() {
            Ok(0) => Ok(()),
            Ok(_) => Err(StoreError::Unavailable("a reader holds the log".to_owned())),
            Err(error) => Err(store_error(&error)),
        }
    }
}

/// Runs several statements so that a failure undoes them and nothing else of the transaction.
fn in_savepoint<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Stored<T>) -> Stored<T> {
    let execute = |sql: &str| {
        let run = || connection.prepare_cached(sql)?.execute(());
        run().map_err(|error| store_error(&error))
    };
    execute("SAVEPOINT one")?;
    let result = work(connection);
    if result.is_err() && !connection.is_autocommit() {
        execute("ROLLBACK TO one")?;
    }
    if !connection.is_autocommit() {
        execute("RELEASE one")?;
    }
    result
}
