//! Requests, histories, locks and lists.

use std::time::Duration;

use vend::domain::event::{Event, verify_chain};
use vend::domain::ids::RequestId;
use vend::domain::job::Lane;
use vend::domain::request::{Request, State};
use vend::ports::clock::{Clock, Ids};
use vend::ports::store::{Filter, Lock, Store, StoreError};

use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::requests::{
    approval, commit, denial, drive, grace, lock, new_request, next, requester, submitted, submitted_by,
};

/// Stores a new request of Ada's.
async fn made(store: &dyn Store, clock: &TestClock, ids: &SeededIds) -> Request {
    let new = new_request(ids.request_id(clock.now()), clock.now());
    let request = new.request.clone();
    store.commit(new).await.expect("a new request is stored");
    request
}

/// Records one more event.
async fn then(store: &dyn Store, clock: &TestClock, request: &Request, event: Event) -> Request {
    let commit = next(request, &grace(), clock.now(), event);
    let request = commit.request.clone();
    store.commit(commit).await.expect("the next event is stored");
    request
}

/// A request in line since now.
async fn queued(store: &dyn Store, clock: &TestClock, ids: &SeededIds) -> RequestId {
    let request = made(store, clock, ids).await;
    let request = then(store, clock, &request, approval()).await;
    then(store, clock, &request, Event::Queued).await.id
}

pub async fn a_new_request_is_read_back_as_it_was_written(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    assert_eq!(store.load(request.id).await.unwrap(), request);
}

pub async fn a_request_that_was_never_made_is_not_found(store: &dyn Store, clock: &TestClock) {
    let id = SeededIds::default().request_id(clock.now());
    assert!(matches!(store.load(id).await, Err(StoreError::NotFound)));
    assert!(store.history(id, 0).await.unwrap().is_empty());
}

pub async fn a_request_is_made_only_once(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    let again = new_request(request.id, clock.in_seconds(1));
    assert!(matches!(store.commit(again).await, Err(StoreError::Conflict)));
    assert_eq!(store.load(request.id).await.unwrap(), request);
}

pub async fn of_two_commits_on_one_version_the_second_is_refused(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    let yes = next(&request, &grace(), clock.now(), approval());
    let no = next(&request, &grace(), clock.now(), denial());
    store.commit(yes).await.unwrap();
    assert!(matches!(store.commit(no).await, Err(StoreError::Conflict)));
    assert_eq!(store.load(request.id).await.unwrap().state, State::Approved);
    assert_eq!(store.history(request.id, 0).await.unwrap().len(), 2);
}

pub async fn a_commit_without_an_event_is_judged_by_its_version_too(store: &dyn Store, clock: &TestClock) {
    let before = made(store, clock, &SeededIds::default()).await;
    let promising = |request: &Request, key: &str| {
        let mut commit = commit(request, Vec::new());
        commit.jobs = vec![drive(key, request.id, clock.now())];
        commit
    };
    store.commit(promising(&before, "drive/1")).await.expect("nothing else happened meanwhile");
    let latest = then(store, clock, &before, approval()).await;
    let late = store.commit(promising(&before, "drive/2")).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(store.load(before.id).await.unwrap(), latest, "nothing of what was known before comes back");
}

pub async fn of_many_racing_commits_exactly_one_wins(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    let race = (0..32).map(|n| {
        let event = if n % 2 == 0 { approval() } else { denial() };
        store.commit(next(&request, &grace(), clock.now(), event))
    });
    let outcomes = futures::future::join_all(race).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Err(StoreError::Conflict))).count(), 31);
    assert_eq!(store.history(request.id, 0).await.unwrap().len(), 2);
}

pub async fn nothing_can_follow_a_request_that_does_not_exist(store: &dyn Store, clock: &TestClock) {
    let (request, _) = submitted(SeededIds::default().request_id(clock.now()), clock.now());
    let orphan = next(&request, &grace(), clock.now(), approval());
    assert!(matches!(store.commit(orphan).await, Err(StoreError::Conflict)));
    assert!(matches!(store.load(request.id).await, Err(StoreError::NotFound)));
}

pub async fn a_held_lock_refuses_the_commit_and_names_its_holder(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    let mut first = new_request(ids.request_id(clock.now()), clock.now());
    first.acquire = vec![Lock { name: "once/abc".into(), note: "fingerprint".into(), takes_over: None }];
    let winner = first.request.id;
    store.commit(first).await.unwrap();

    let mut second = new_request(ids.request_id(clock.now()), clock.now());
    second.acquire = vec![lock("email/free@example.com"), lock("once/abc")];
    let loser = second.request.id;
    match store.commit(second).await {
        Err(StoreError::Held { name, holder }) => {
            assert_eq!((name.as_str(), holder.request, holder.note.as_str()), ("once/abc", winner, "fingerprint"));
        }
        other => panic!("expected the lock to be held, got {other:?}"),
    }
    assert!(matches!(store.load(loser).await, Err(StoreError::NotFound)));
    assert!(store.locks("email/").await.unwrap().is_empty());
}

pub async fn a_lock_that_is_passed_on_goes_to_who_saw_its_holder(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    let turn = |note: &str, takes_over: Option<&str>| {
        let mut new = new_request(ids.request_id(clock.now()), clock.now());
        let takes_over = takes_over.map(str::to_owned);
        new.acquire = vec![Lock { name: "turn/cidr".into(), note: note.into(), takes_over }];
        new
    };
    store.commit(turn("first", None)).await.unwrap();
    let second = turn("second", Some("first"));
    let holder = second.request.id;
    store.commit(second).await.unwrap();
    for late in [turn("late", Some("first")), turn("late", None)] {
        match store.commit(late).await {
            Err(StoreError::Held { holder: by, .. }) => assert_eq!((by.request, by.note.as_str()), (holder, "second")),
            other => panic!("expected the lock to be held, got {other:?}"),
        }
    }
    assert_eq!(store.locks("turn/").await.unwrap().len(), 1);
}

pub async fn of_many_who_saw_one_holder_one_takes_over(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    let turn = |note: String, takes_over: Option<String>| {
        let mut new = new_request(ids.request_id(clock.now()), clock.now());
        new.acquire = vec![Lock { name: "turn/cidr".into(), note, takes_over }];
        store.commit(new)
    };
    turn("first".into(), None).await.unwrap();
    let race = (0..16).map(|nth| turn(format!("racer {nth}"), Some("first".into())));
    let outcomes = futures::future::join_all(race).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

pub async fn a_request_cannot_take_its_own_lock_twice(store: &dyn Store, clock: &TestClock) {
    let mut new = new_request(SeededIds::default().request_id(clock.now()), clock.now());
    new.acquire = vec![lock("slot/1")];
    let request = new.request.clone();
    store.commit(new).await.unwrap();
    let mut again = next(&request, &grace(), clock.now(), approval());
    again.acquire = vec![lock("slot/1")];
    assert!(matches!(store.commit(again).await, Err(StoreError::Held { holder, .. }) if holder.request == request.id));
}

pub async fn a_released_lock_can_be_taken_by_another(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    let mut first = new_request(ids.request_id(clock.now()), clock.now());
    first.acquire = vec![lock("name/ada-sandbox")];
    let request = first.request.clone();
    store.commit(first).await.unwrap();
    let mut denied = next(&request, &grace(), clock.now(), denial());
    denied.release = vec!["name/ada-sandbox".into()];
    store.commit(denied).await.unwrap();

    let mut second = new_request(ids.request_id(clock.now()), clock.now());
    second.acquire = vec![lock("name/ada-sandbox")];
    let successor = second.request.id;
    store.commit(second).await.unwrap();
    assert_eq!(store.locks("name/").await.unwrap()[0].1.request, successor);
}

pub async fn a_lock_of_another_request_cannot_be_released(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    let mut first = new_request(ids.request_id(clock.now()), clock.now());
    first.acquire = vec![lock("slot/1")];
    let owner = first.request.id;
    store.commit(first).await.unwrap();
    let mut second = new_request(ids.request_id(clock.now()), clock.now());
    second.release = vec!["slot/1".into()];
    store.commit(second).await.unwrap();
    assert_eq!(store.locks("slot/").await.unwrap()[0].1.request, owner);
}

pub async fn a_commit_at_its_deadline_is_too_late(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    let expires_at = request.submission.expires_at;
    let mut yes = next(&request, &grace(), clock.now(), approval());
    yes.not_after = Some(expires_at);

    clock.set(expires_at);
    assert!(matches!(store.commit(yes.clone()).await, Err(StoreError::TooLate)));
    assert_eq!(store.load(request.id).await.unwrap().state, State::Pending);

    clock.set(expires_at - Duration::from_micros(1));
    store.commit(yes).await.unwrap();
}

pub async fn a_refused_commit_leaves_nothing_behind(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    let mut late = next(&request, &grace(), clock.now(), approval());
    late.not_after = Some(clock.now());
    late.acquire = vec![lock("slot/1")];
    late.jobs = vec![drive("drive/1", request.id, clock.now())];
    assert!(matches!(store.commit(late).await, Err(StoreError::TooLate)));
    assert_eq!(store.load(request.id).await.unwrap(), request);
    assert_eq!(store.history(request.id, 0).await.unwrap().len(), 1);
    assert!(store.locks("").await.unwrap().is_empty());
    assert_eq!(store.next_due(Lane::Work).await.unwrap(), None);
}

pub async fn locks_are_found_by_their_prefix(store: &dyn Store, clock: &TestClock) {
    let mut new = new_request(SeededIds::default().request_id(clock.now()), clock.now());
    let names = ["cidr/10.0.0.0/16", "cidr/10.1.0.0/16", "cidrs/odd", "email/ada@example.com", "name/a%b_c"];
    new.acquire = names.map(lock).to_vec();
    store.commit(new).await.unwrap();
    let found = async |prefix: &str| -> Vec<String> {
        store.locks(prefix).await.unwrap().into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(found("cidr/").await, ["cidr/10.0.0.0/16", "cidr/10.1.0.0/16"]);
    assert_eq!(found("email/ada@example.com").await, ["email/ada@example.com"]);
    assert!(found("%").await.is_empty(), "a prefix is no pattern");
    assert_eq!(found("").await.len(), names.len());
}

pub async fn the_history_is_in_order_and_its_chain_holds(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    let mut latest = then(store, clock, &request, approval()).await;
    let mut events = Vec::new();
    let hash = request.submission.hash.clone();
    for event in [Event::Queued, Event::CreationStarted { attempt: 1, slot: 1, hash }] {
        clock.advance(Duration::from_secs(1));
        events.push(latest.record(clock.now(), &grace(), event).unwrap());
    }
    store.commit(commit(&latest, events)).await.unwrap();

    let history = store.history(request.id, 0).await.unwrap();
    assert_eq!(history.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    verify_chain(&history).unwrap();
    assert_eq!(Request::fold(&history).unwrap(), store.load(request.id).await.unwrap());
}

pub async fn the_history_can_be_read_from_any_place(store: &dyn Store, clock: &TestClock) {
    let request = made(store, clock, &SeededIds::default()).await;
    then(store, clock, &request, approval()).await;
    let rest = store.history(request.id, 1).await.unwrap();
    assert_eq!(rest.iter().map(|event| event.seq).collect::<Vec<_>>(), [2]);
    assert!(store.history(request.id, 2).await.unwrap().is_empty());
    assert!(store.history(request.id, u64::MAX).await.unwrap().is_empty());
}

pub async fn a_short_id_leads_to_every_request_that_wears_it(store: &dyn Store, clock: &TestClock) {
    let ids = ["01JCZK5W8Q2M3N4P5R6S7T8V9W", "01JCZK5W8Q2M3N4P5X6S7T8V9W", "01JCZK5W8Q2M3N4P5RAAAAAAAA"];
    for id in ids {
        store.commit(new_request(id.parse().unwrap(), clock.now())).await.unwrap();
    }
    let found = store.resolve("6s7t8v9w").await.unwrap();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ids[..2]);
    assert!(store.resolve("00000000").await.unwrap().is_empty());
}

pub async fn a_list_is_paged_newest_first_without_gaps_or_repeats(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    let mut made_ids = Vec::new();
    for _ in 0..7 {
        clock.advance(Duration::from_secs(1));
        made_ids.push(made(store, clock, &ids).await.id);
    }
    made_ids.reverse();

    let (mut listed, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.list(&Filter::default(), before, 3).await.unwrap();
        assert!(page.requests.len() <= 3);
        listed.extend(page.requests.iter().map(|request| request.id));
        pages += 1;
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!((listed, pages), (made_ids.clone(), 3));
    let whole = store.list(&Filter::default(), None, 7).await.unwrap();
    assert_eq!((whole.requests.len(), whole.next), (7, None), "a full last page has no next one");
}

pub async fn a_list_can_be_filtered_by_state_and_requester(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    for (email, decided) in [("Ada@Example.com", true), ("ada@example.com", false), ("bob@example.com", true)] {
        clock.advance(Duration::from_secs(1));
        let (request, first) = submitted_by(requester(email), ids.request_id(clock.now()), clock.now());
        store.commit(commit(&request, vec![first])).await.unwrap();
        if decided {
            then(store, clock, &request, approval()).await;
        }
    }
    let count = async |state: Option<State>, requester: Option<&str>| {
        let filter = Filter { state, requester: requester.map(str::to_owned) };
        store.list(&filter, None, 10).await.unwrap().requests.len()
    };
    assert_eq!(count(None, None).await, 3);
    assert_eq!(count(Some(State::Approved), None).await, 2);
    assert_eq!(count(None, Some("ada@example.com")).await, 2);
    assert_eq!(count(Some(State::Approved), Some("ada@example.com")).await, 1);
    assert_eq!(count(Some(State::Denied), None).await, 0);
}

pub async fn the_queue_is_in_order_of_arrival(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    let late = made(store, clock, &ids).await;
    let mut line = Vec::new();
    for _ in 0..3 {
        clock.advance(Duration::from_secs(1));
        line.push(queued(store, clock, &ids).await);
    }
    // Made first, approved last: the place in line counts from the approval, not from the request.
    clock.advance(Duration::from_secs(1));
    let late = then(store, clock, &late, approval()).await;
    line.push(then(store, clock, &late, Event::Queued).await.id);
    assert_eq!(store.queue(10).await.unwrap(), line);
    assert_eq!(store.queue(2).await.unwrap(), line[..2]);

    let front = store.load(line[0]).await.unwrap();
    let hash = front.submission.hash.clone();
    then(store, clock, &front, Event::CreationStarted { attempt: 1, slot: 1, hash }).await;
    assert_eq!(store.queue(10).await.unwrap(), line[1..], "who is served leaves the line");
}

pub async fn an_answered_commit_is_seen_by_every_read(store: &dyn Store, clock: &TestClock) {
    let ids = SeededIds::default();
    for _ in 0..20 {
        clock.advance(Duration::from_secs(1));
        let request = made(store, clock, &ids).await;
        assert_eq!(store.load(request.id).await.unwrap(), request);
        assert_eq!(store.resolve(&request.id.short_key()).await.unwrap(), [request.id]);
        let page = store.list(&Filter::default(), None, 1).await.unwrap();
        assert_eq!(page.requests, [request]);
    }
}
