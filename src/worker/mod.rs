//! The worker: claims due jobs under a lease, runs their effect, settles them.
//! It does what was promised and decides nothing; decisions are in
//! [`crate::domain::vending`]. [`Worker::tick`] is one step, for tests.

mod admit;
mod drive;
mod notify;
mod sets;
mod timers;

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::watch;

use crate::domain::job::{ClaimedJob, JobKind, Lane, Settlement, backoff};
use crate::domain::request::OutOfPlace;
use crate::domain::vending::Patience;
use crate::ports::blueprints::BlueprintDeployer;
use crate::ports::mail::Mailer;
use crate::ports::store::{StoreError, Stored};
use crate::service::{Service, ServiceError};
use crate::telemetry::JobEnd;

/// Jobs claimed at a time by one loop.
const BATCH: usize = 8;
/// Loops per lane, so that one slow mail server holds up nobody else.
const LOOPS: usize = 3;

/// Runs jobs.
pub struct Worker {
    /// The use cases and the ports they share with the worker.
    pub service: Arc<Service>,
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
    /// Delivers blueprints.
    pub deployer: Arc<dyn BlueprintDeployer>,
    /// How patient it is with work that goes on elsewhere.
    pub patience: Patience,
    /// How long a claim holds; every outside call must time out well before.
    pub lease: Duration,
    /// The longest sleep between two looks for due jobs.
    pub idle: Duration,
}

/// Why a job did not end well.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Passing: try again, later each time.
    Later(String),
    /// It cannot succeed: park it for an operator.
    Never(String),
    /// The lease was lost: somebody else has the job, so leave it alone.
    Lost,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost => Self::Lost,
            StoreError::NotFound | StoreError::Corrupt(_) | StoreError::TooLarge(_) => Self::Never(error.to_string()),
            other => Self::Later(other.to_string()),
        }
    }
}

impl From<ServiceError> for Trouble {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound | ServiceError::Broken(_) => Self::Never(error.to_string()),
            other => Self::Later(other.to_string()),
        }
    }
}

impl From<OutOfPlace> for Trouble {
    fn from(error: OutOfPlace) -> Self {
        Self::Never(error.to_string())
    }
}

impl Worker {
    /// Admits whoever is first in line to a free slot and runs what is due, once.
    /// Answers how much was done; 0 means nothing is due now.
    pub async fn tick(&self) -> Stored<usize> {
        let intake = self.tick_lane(Lane::Intake).await?;
        Ok(intake + self.tick_lane(Lane::Work).await?)
    }

    /// [`Self::tick`] for one lane.
    pub async fn tick_lane(&self, lane: Lane) -> Stored<usize> {
        let admitted = if lane == Lane::Work { self.admit().await? } else { 0 };
        let now = self.service.clock.now();
        let jobs = self.service.store.claim(lane, now, self.lease, BATCH).await?;
        let ran = jobs.len();
        join_all(jobs.into_iter().map(|job| self.run_job(job))).await;
        Ok(admitted + ran)
    }

    /// Runs the lanes until `stop` turns true, finishing what was begun.
    pub async fn run(self: Arc<Self>, lanes: Vec<Lane>, stop: watch::Receiver<bool>) {
        let loops = lanes.into_iter().flat_map(|lane| std::iter::repeat_n(lane, LOOPS));
        let tasks = loops.map(|lane| tokio::spawn(Arc::clone(&self).run_lane(lane, stop.clone())));
        join_all(tasks).await;
    }

    async fn run_lane(self: Arc<Self>, lane: Lane, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // Listen before looking: a bell rung while looking is not missed.
            let bell = self.service.bell.notified();
            tokio::pin!(bell);
            bell.as_mut().enable();
            match self.tick_lane(lane).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(lane = lane.word(), %error, "the store cannot be read; trying again"),
            }
            let sleep = self.until_next(lane).await;
            tokio::select! {
                () = bell => {}
                () = tokio::time::sleep(sleep) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn until_next(&self, lane: Lane) -> Duration {
        let next = self.service.store.next_due(lane).await.ok().flatten();
        let now = self.service.clock.now();
        let wait = next.map(|due| due.duration_since(now).max(jiff::SignedDuration::from_millis(5)));
        wait.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(self.idle).min(self.idle)
    }

    async fn run_job(&self, job: ClaimedJob) {
        // The key of a mail names whom it goes to: it is no word for a log (P11).
        let request = job.kind.request().map(tracing::field::display);
        let (key, word, attempts) = (&job.key, job.kind.word(), job.attempts);
        let outcome = self.effect(&job).await;
        self.service.metrics.job_ended(&job.kind, end(&outcome));
        let settled = match outcome {
            Ok(None) => Ok(()),
            Ok(Some(settlement)) => self.service.store.settle(key, &job.lease, settlement).await,
            Err(Trouble::Lost) => Err(StoreError::LeaseLost),
            Err(Trouble::Later(error)) => {
                tracing::warn!(job = word, request, attempts, %error, "a job did not succeed; it will be tried again");
                let due_at = self.later(attempts);
                self.service.store.settle(key, &job.lease, Settlement::Retry { due_at, error }).await
            }
            Err(Trouble::Never(reason)) => {
                tracing::error!(job = word, request, %reason, "a job cannot succeed and is parked");
                self.service.store.settle(key, &job.lease, Settlement::Parked { reason }).await
            }
        };
        if let Err(error) = settled {
            // The lease runs out and the job is given again: nothing is lost.
            tracing::warn!(job = word, request, %error, "a job could not be settled");
        }
    }

    fn later(&self, attempts: u32) -> jiff::Timestamp {
        let now = self.service.clock.now();
        now.saturating_add(backoff(attempts, self.service.ids.jitter())).unwrap_or(now)
    }

    /// Runs a job's effect. `None` means it settled itself in the same write as its outcome.
    async fn effect(&self, job: &ClaimedJob) -> Result<Option<Settlement>, Trouble> {
        match &job.kind {
            JobKind::Drive { request } => self.drive(job, *request).await,
            JobKind::WatchOperation { request } => self.watch(job, *request).await,
            JobKind::RollBack { request } => self.undo(job, *request).await,
            JobKind::Expire { request } => self.expire(job, *request).await,
            JobKind::Remind { request, nth } => self.remind(job, *request, *nth).await,
            JobKind::AskApprovers { request, reminder, extra } => self.ask_approvers(*request, *reminder, extra).await,
            JobKind::MailApprover { request, approver, reminder } => {
                self.mail_approver(&job.key, *request, approver, *reminder).await
            }
            JobKind::MailRequester { request, state } => self.mail_requester(&job.key, *request, *state).await,
            JobKind::RefreshChat { request } => self.refresh_chat(*request).await,
            JobKind::CloseQuestion { channel, ts, text } => self.close_question(channel, ts, text).await,
            JobKind::Slack { surface, body } => self.slack(job, surface, body).await,
        }
    }
}

/// How a run is counted.
const fn end(outcome: &Result<Option<Settlement>, Trouble>) -> JobEnd {
    match outcome {
        Ok(Some(Settlement::Parked { .. })) | Err(Trouble::Never(_)) => JobEnd::Parked,
        Ok(Some(Settlement::Retry { .. })) | Err(Trouble::Later(_) | Trouble::Lost) => JobEnd::Failed,
        Ok(None | Some(Settlement::Done | Settlement::Again { .. })) => JobEnd::Run,
    }
}
