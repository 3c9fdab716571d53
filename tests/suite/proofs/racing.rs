//! Decisions that race on a real database: approve, deny, cancel and expire from many
//! tasks at once have one winner, and everyone else is told who it was and when (P6, P7).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;
use vend::domain::event::Event;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::ports::clock::Clock as _;
use vend::service::{Decide, ServiceError};

use crate::fakes::world::World;
use crate::promises;

const TASKS: usize = 64;
const ROUNDS: usize = 12;

/// What one racer was answered.
#[derive(Debug)]
enum Answer {
    Won(&'static str),
    Lost(String),
}

fn racer(nth: usize) -> (&'static str, Actor) {
    match nth % 4 {
        0 => ("approve", Actor::person("approver@example.com", Channel::Mail)),
        1 => ("deny", Actor::local_operator(Channel::Api)),
        2 => ("cancel", Actor::person("ada@example.com", Channel::Api)),
        _ => ("expire", Actor::system()),
    }
}

async fn race(world: Arc<World>, id: RequestId, nth: usize, gun: Arc<Barrier>) -> Answer {
    let (verb, actor) = racer(nth);
    gun.wait().await;
    let decision = match verb {
        "approve" => Decide::Approve { reason: None },
        "deny" => Decide::Deny { reason: "Use the shared one".into() },
        "cancel" => {
            let cancelled = world.service.cancel(id, &actor, None).await;
            return cancelled.map_or_else(|error| Answer::Lost(error.sentence()), |_| Answer::Won(verb));
        }
        _ => {
            world.worker.tick().await.expect("a store that works");
            return Answer::Lost("already (a timer tells nobody)".into());
        }
    };
    match world.service.decide(id, &actor, decision).await {
        Ok(decided) if decided.changed => Answer::Won(verb),
        Ok(decided) => Answer::Lost(decided.said),
        Err(error @ ServiceError::Refused(_)) => Answer::Lost(error.sentence()),
        Err(error) => panic!("no answer a person can use: {error:?}"),
    }
}

/// One round; `late` makes the clock jump past expiry in the middle of it.
async fn round(seed: usize, late: bool) -> &'static str {
    let world = Arc::new(World::new().await);
    let id: RequestId = world.submitted().await.parse().expect("an id");
    let start = Arc::new(Barrier::new(TASKS + usize::from(late)));
    let racers = (0..TASKS).map(|nth| tokio::spawn(race(Arc::clone(&world), id, nth + seed, Arc::clone(&start))));
    let racers: Vec<_> = racers.collect();
    if late {
        let (clock, start) = (world.clock.clone(), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            clock.advance(Duration::from_hours(48));
        });
    }
    let answers: Vec<_> =
        futures::future::join_all(racers).await.into_iter().map(|done| done.expect("an answer")).collect();
    world.settle().await;
    judge(&world, id, &answers).await
}

async fn judge(world: &World, id: RequestId, answers: &[Answer]) -> &'static str {
    let history = world.history(&id.to_string()).await;
    let winners: Vec<_> = history
        .iter()
        .filter_map(|recorded| match recorded.event {
            Event::ApprovalGiven { .. } => Some("approve"),
            Event::Denied { .. } => Some("deny"),
            Event::Cancelled { .. } => Some("cancel"),
            Event::Expired => Some("expire"),
            _ => None,
        })
        .collect();
    let [winner] = winners[..] else { panic!("one winner, not {winners:?}") };
    let won: Vec<_> =
        answers.iter().filter_map(|answer| if let Answer::Won(word) = answer { Some(*word) } else { None }).collect();
    let told = if winner == "expire" { vec![] } else { vec![winner] };
    assert_eq!(won, told, "exactly the winner was told so");
    for answer in answers {
        let Answer::Lost(said) = answer else { continue };
        let names_the_winner = said.contains("lready") || said.contains("expired on") || said.contains("ended on");
        assert!(names_the_winner, "who and when: {said}");
    }
    promises::assert_kept(&world.evidence().await);
    assert!(world.clock.now() >= history[0].at);
    winner
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_decisions_at_once_one_wins_and_everyone_else_is_told() {
    for seed in 0..ROUNDS {
        round(seed, false).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn expiry_races_with_the_decisions_and_never_shares_the_win() {
    for seed in 0..ROUNDS {
        round(seed, true).await;
    }
}
