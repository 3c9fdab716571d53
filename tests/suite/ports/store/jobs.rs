//! Jobs: promised, claimed, settled.

use std::collections::HashSet;
use std::time::Duration;

use vend::domain::job::{ClaimedJob, JobKind, Lane, NewJob, Settlement};
use vend::domain::request::State;
use vend::ports::clock::{Clock, Ids};
use vend::ports::store::{Store, StoreError, TroubledJob};

use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::requests::{approval, delivery, drive, grace, mail, new_request, next};

const LEASE: Duration = Duration::from_secs(30);

fn job(key: &str, clock: &TestClock, due_in: i64) -> NewJob {
    drive(key, SeededIds::default().request_id(clock.now()), clock.in_seconds(due_in))
}

async fn claim(store: &dyn Store, clock: &TestClock) -> Vec<ClaimedJob> {
    store.claim(Lane::Work, clock.now(), LEASE, 10).await.unwrap()
}

async fn claim_one(store: &dyn Store, clock: &TestClock) -> ClaimedJob {
    let mut claimed = claim(store, clock).await;
    assert_eq!(claimed.len(), 1, "exactly one job is due: {claimed:?}");
    claimed.remove(0)
}

fn keys(claimed: &[ClaimedJob]) -> Vec<&str> {
    claimed.iter().map(|job| job.key.as_str()).collect()
}

pub async fn a_promised_job_is_claimed_once_it_is_due(store: &dyn Store, clock: &TestClock) {
    let new = job("drive/1", clock, 60);
    store.promise(new.clone()).await.unwrap();
    clock.advance(Duration::from_secs(59));
    assert!(claim(store, clock).await.is_empty());
    clock.advance(Duration::from_secs(1));
    let claimed = claim_one(store, clock).await;
    assert_eq!((claimed.key, claimed.kind, claimed.attempts), (new.key, new.kind, 1));
}

pub async fn a_known_key_is_not_promised_again(store: &dyn Store, clock: &TestClock) {
    let first = delivery("slack/Ev1", "text=first", clock.now());
    let second = delivery("slack/Ev1", "text=second", clock.now());
    store.promise(first.clone()).await.unwrap();
    store.promise(second.clone()).await.unwrap();
    let claimed = store.claim(Lane::Intake, clock.now(), LEASE, 10).await.unwrap();
    assert_eq!(claimed.iter().map(|job| &job.kind).collect::<Vec<_>>(), [&first.kind]);
    store.promise(second).await.unwrap();
    assert!(
        store.claim(Lane::Intake, clock.now(), LEASE, 10).await.unwrap().is_empty(),
        "while the first is under way"
    );
}

pub async fn a_done_jobs_key_stays_known_for_a_day(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    let claimed = claim_one(store, clock).await;
    store.settle("drive/1", &claimed.lease, Settlement::Done).await.unwrap();
    clock.advance(Duration::from_hours(24));
    assert!(claim(store, clock).await.is_empty());
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    assert!(claim(store, clock).await.is_empty());
}

pub async fn a_commit_promises_its_jobs_and_skips_known_keys(store: &dyn Store, clock: &TestClock) {
    let mut new = new_request(SeededIds::default().request_id(clock.now()), clock.now());
    let id = new.request.id;
    new.jobs = vec![drive("drive/1", id, clock.now()), mail("mail/1", id, clock.now())];
    let request = new.request.clone();
    store.commit(new).await.unwrap();
    let mut yes = next(&request, &grace(), clock.now(), approval());
    yes.jobs = vec![mail("drive/1", id, clock.now()), drive("drive/2", id, clock.now())];
    store.commit(yes).await.unwrap();

    let claimed = claim(store, clock).await;
    assert_eq!(keys(&claimed).into_iter().collect::<HashSet<_>>(), HashSet::from(["drive/1", "mail/1", "drive/2"]));
    let first = claimed.iter().find(|job| job.key == "drive/1").unwrap();
    assert_eq!(first.kind, JobKind::Drive { request: id });
}

pub async fn jobs_are_claimed_oldest_first_up_to_the_limit(store: &dyn Store, clock: &TestClock) {
    for (key, due_in) in [("c", 3), ("a", 1), ("d", 4), ("b", 2)] {
        store.promise(job(key, clock, due_in)).await.unwrap();
    }
    clock.advance(Duration::from_secs(10));
    let first = store.claim(Lane::Work, clock.now(), LEASE, 3).await.unwrap();
    assert_eq!(keys(&first), ["a", "b", "c"]);
    assert!(store.claim(Lane::Work, clock.now(), LEASE, 0).await.unwrap().is_empty());
    assert_eq!(keys(&claim(store, clock).await), ["d"]);
}

pub async fn lanes_do_not_take_each_others_jobs(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    store.promise(delivery("slack/Ev1", "", clock.now())).await.unwrap();
    let intake = store.claim(Lane::Intake, clock.now(), LEASE, 10).await.unwrap();
    assert_eq!(keys(&intake), ["slack/Ev1"]);
    assert_eq!(keys(&claim(store, clock).await), ["drive/1"]);
}

pub async fn a_claimed_job_is_not_given_to_another_until_its_lease_runs_out(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    let first = claim_one(store, clock).await;
    clock.advance(LEASE.saturating_sub(Duration::from_millis(1)));
    assert!(claim(store, clock).await.is_empty());
    clock.advance(Duration::from_millis(1));
    let second = claim_one(store, clock).await;
    assert_eq!((second.key.as_str(), second.attempts), ("drive/1", 2));
    assert_ne!(first.lease, second.lease);
}

pub async fn a_job_never_has_two_claimants(store: &dyn Store, clock: &TestClock) {
    for n in 0..40 {
        store.promise(job(&format!("drive/{n}"), clock, 0)).await.unwrap();
    }
    let race = (0..32).map(|_| store.claim(Lane::Work, clock.now(), LEASE, 3));
    let claimed: Vec<ClaimedJob> = futures::future::join_all(race).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(claimed.len(), 40, "every job is claimed");
    assert_eq!(keys(&claimed).into_iter().collect::<HashSet<_>>().len(), 40, "and none twice");
    assert_eq!(claimed.iter().map(|job| &job.lease.0).collect::<HashSet<_>>().len(), 40);
}

pub async fn a_lost_lease_settles_nothing(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    let slow = claim_one(store, clock).await;
    clock.advance(LEASE);
    let quick = claim_one(store, clock).await;
    let late = store.settle("drive/1", &slow.lease, Settlement::Done).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)));
    assert!(matches!(store.release("drive/1", &slow.lease).await, Err(StoreError::LeaseLost)));
    store.settle("drive/1", &quick.lease, Settlement::Done).await.unwrap();
    let unknown = store.settle("drive/2", &quick.lease, Settlement::Done).await;
    assert!(matches!(unknown, Err(StoreError::LeaseLost)));
}

pub async fn a_lost_lease_rolls_back_the_whole_commit(store: &dyn Store, clock: &TestClock) {
    let new = new_request(SeededIds::default().request_id(clock.now()), clock.now());
    let request = new.request.clone();
    store.commit(new).await.unwrap();
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    let slow = claim_one(store, clock).await;
    clock.advance(LEASE);
    claim_one(store, clock).await;

    let mut late = next(&request, &grace(), clock.now(), approval());
    late.jobs = vec![drive("drive/2", request.id, clock.now())];
    late.settle = Some(("drive/1".into(), slow.lease, Settlement::Done));
    assert!(matches!(store.commit(late).await, Err(StoreError::LeaseLost)));
    assert_eq!(store.load(request.id).await.unwrap(), request);
    assert_eq!(store.history(request.id, 0).await.unwrap().len(), 1);
    assert!(claim(store, clock).await.is_empty());
}

pub async fn a_commit_settles_the_job_it_was_done_for(store: &dyn Store, clock: &TestClock) {
    let new = new_request(SeededIds::default().request_id(clock.now()), clock.now());
    let request = new.request.clone();
    store.commit(new).await.unwrap();
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    let claimed = claim_one(store, clock).await;

    let mut yes = next(&request, &grace(), clock.now(), approval());
    yes.settle = Some((claimed.key.clone(), claimed.lease.clone(), Settlement::Done));
    let mut refused = yes.clone();
    refused.not_after = Some(clock.now());
    assert!(matches!(store.commit(refused).await, Err(StoreError::TooLate)));
    store.commit(yes).await.expect("a refused commit leaves the job claimed");

    assert_eq!(store.load(request.id).await.unwrap().state, State::Approved);
    clock.advance(LEASE);
    assert!(claim(store, clock).await.is_empty());
}

pub async fn a_settled_job_cannot_be_settled_again(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    let claimed = claim_one(store, clock).await;
    store.settle("drive/1", &claimed.lease, Settlement::Done).await.unwrap();
    let again = Settlement::Again { due_at: clock.now() };
    assert!(matches!(store.settle("drive/1", &claimed.lease, again).await, Err(StoreError::LeaseLost)));
    assert!(claim(store, clock).await.is_empty());
}

pub async fn a_planned_repeat_starts_its_attempts_over(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    for _ in 0..3 {
        let claimed = claim_one(store, clock).await;
        assert_eq!(claimed.attempts, 1);
        let again = Settlement::Again { due_at: clock.in_seconds(30) };
        store.settle("drive/1", &claimed.lease, again).await.unwrap();
        assert!(claim(store, clock).await.is_empty());
        clock.advance(Duration::from_secs(30));
    }
}

pub async fn a_retried_job_waits_and_keeps_its_attempts(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    for attempt in 1..=3 {
        let claimed = claim_one(store, clock).await;
        assert_eq!(claimed.attempts, attempt);
        let retry = Settlement::Retry { due_at: clock.in_seconds(5), error: format!("busy {attempt}") };
        store.settle("drive/1", &claimed.lease, retry).await.unwrap();
        assert!(claim(store, clock).await.is_empty());
        let failing =
            TroubledJob { key: "drive/1".into(), parked: false, attempts: attempt, error: format!("busy {attempt}") };
        assert_eq!(store.troubled(10).await.unwrap(), [failing]);
        clock.advance(Duration::from_secs(5));
    }
    let claimed = claim_one(store, clock).await;
    store.settle("drive/1", &claimed.lease, Settlement::Done).await.unwrap();
    assert!(store.troubled(10).await.unwrap().is_empty(), "what ended well is no trouble");
}

pub async fn a_parked_job_is_never_claimed_but_shown(store: &dyn Store, clock: &TestClock) {
    for key in ["drive/1", "drive/2"] {
        store.promise(job(key, clock, 0)).await.unwrap();
    }
    for claimed in claim(store, clock).await {
        let parked = Settlement::Parked { reason: "no such product".into() };
        store.settle(&claimed.key, &claimed.lease, parked).await.unwrap();
    }
    clock.advance(Duration::from_hours(1));
    assert!(claim(store, clock).await.is_empty());
    assert_eq!(store.next_due(Lane::Work).await.unwrap(), None);
    let troubled = store.troubled(10).await.unwrap();
    assert!(troubled.iter().all(|job| job.parked && job.attempts == 1 && job.error == "no such product"));
    assert_eq!(troubled.len(), 2);
    assert_eq!(store.troubled(1).await.unwrap().len(), 1);
    store.promise(job("drive/1", clock, 0)).await.unwrap();
}

pub async fn a_released_job_is_free_at_once_and_loses_no_attempt(store: &dyn Store, clock: &TestClock) {
    store.promise(job("drive/1", clock, 0)).await.unwrap();
    let claimed = claim_one(store, clock).await;
    store.release("drive/1", &claimed.lease).await.unwrap();
    let again = claim_one(store, clock).await;
    assert_eq!(again.attempts, 1);
    assert!(matches!(store.settle("drive/1", &claimed.lease, Settlement::Done).await, Err(StoreError::LeaseLost)));
}

pub async fn the_next_due_job_of_a_lane_is_known(store: &dyn Store, clock: &TestClock) {
    assert_eq!(store.next_due(Lane::Work).await.unwrap(), None);
    store.promise(job("drive/2", clock, 20)).await.unwrap();
    store.promise(job("drive/1", clock, 10)).await.unwrap();
    assert_eq!(store.next_due(Lane::Work).await.unwrap(), Some(clock.in_seconds(10)));
    assert_eq!(store.next_due(Lane::Intake).await.unwrap(), None);
    clock.advance(Duration::from_secs(10));
    let claimed = claim_one(store, clock).await;
    assert_eq!(store.next_due(Lane::Work).await.unwrap(), Some(clock.in_seconds(10)), "the other one");
    store.settle(&claimed.key, &claimed.lease, Settlement::Done).await.unwrap();
    clock.advance(Duration::from_secs(10));
    claim_one(store, clock).await;
    assert_eq!(store.next_due(Lane::Work).await.unwrap(), Some(clock.now() + LEASE), "should its worker die");
}
