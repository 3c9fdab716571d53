//! The MUSTs of the store port: plain functions over `&dyn Store`, and one
//! macro that runs all of them over an adapter.

mod jobs;
mod requests;
mod values;

/// Runs every behaviour over one adapter. `$open` makes a fresh world with the
/// fields `store` (an `Arc` of the adapter) and `clock` (the [`TestClock`] it reads).
///
/// [`TestClock`]: crate::fakes::clock::TestClock
macro_rules! every_store_behaviour {
    ($(#[$attribute:meta])* $adapter:ident, $open:expr) => {
        mod $adapter {
            every_store_behaviour! { @run $open, ($(#[$attribute])*);
                requests::a_new_request_is_read_back_as_it_was_written,
                requests::a_request_that_was_never_made_is_not_found,
                requests::a_request_is_made_only_once,
                requests::of_two_commits_on_one_version_the_second_is_refused,
                requests::of_many_racing_commits_exactly_one_wins,
                requests::a_commit_without_an_event_is_judged_by_its_version_too,
                requests::nothing_can_follow_a_request_that_does_not_exist,
                requests::a_held_lock_refuses_the_commit_and_names_its_holder,
                requests::a_lock_that_is_passed_on_goes_to_who_saw_its_holder,
                requests::of_many_who_saw_one_holder_one_takes_over,
                requests::a_request_cannot_take_its_own_lock_twice,
                requests::a_released_lock_can_be_taken_by_another,
                requests::a_lock_of_another_request_cannot_be_released,
                requests::a_commit_at_its_deadline_is_too_late,
                requests::a_refused_commit_leaves_nothing_behind,
                requests::locks_are_found_by_their_prefix,
                requests::the_history_is_in_order_and_its_chain_holds,
                requests::the_history_can_be_read_from_any_place,
                requests::a_short_id_leads_to_every_request_that_wears_it,
                requests::a_list_is_paged_newest_first_without_gaps_or_repeats,
                requests::a_list_can_be_filtered_by_state_and_requester,
                requests::the_queue_is_in_order_of_arrival,
                requests::an_answered_commit_is_seen_by_every_read,
                jobs::a_promised_job_is_claimed_once_it_is_due,
                jobs::a_known_key_is_not_promised_again,
                jobs::a_done_jobs_key_stays_known_for_a_day,
                jobs::a_commit_promises_its_jobs_and_skips_known_keys,
                jobs::jobs_are_claimed_oldest_first_up_to_the_limit,
                jobs::lanes_do_not_take_each_others_jobs,
                jobs::a_claimed_job_is_not_given_to_another_until_its_lease_runs_out,
                jobs::a_job_never_has_two_claimants,
                jobs::a_lost_lease_settles_nothing,
                jobs::a_lost_lease_rolls_back_the_whole_commit,
                jobs::a_commit_settles_the_job_it_was_done_for,
                jobs::a_settled_job_cannot_be_settled_again,
                jobs::a_planned_repeat_starts_its_attempts_over,
                jobs::a_retried_job_waits_and_keeps_its_attempts,
                jobs::a_parked_job_is_never_claimed_but_shown,
                jobs::a_released_job_is_free_at_once_and_loses_no_attempt,
                jobs::the_next_due_job_of_a_lane_is_known,
                values::a_value_is_absent_until_it_is_put,
                values::a_value_can_be_replaced_by_who_knows_its_version,
                values::of_two_writers_who_read_the_same_version_the_second_is_refused,
                values::a_value_that_exists_cannot_be_put_as_new,
                values::an_absent_value_cannot_be_replaced,
                values::a_value_is_gone_once_it_expired,
                values::a_writer_who_read_before_the_expiry_cannot_overwrite_its_successor,
            }
        }
    };
    (@run $open:expr, $attributes:tt; $($group:ident::$behaviour:ident,)*) => {
        $(every_store_behaviour! { @one $open, $attributes; $group::$behaviour })*
    };
    (@one $open:expr, ($($attribute:tt)*); $group:ident::$behaviour:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $($attribute)*
        async fn $behaviour() {
            let world = $open;
            super::$group::$behaviour(&*world.store, &world.clock).await;
        }
    };
}

every_store_behaviour!(sqlite, crate::fakes::store::FreshStore::new());
every_store_behaviour!(dynamodb, crate::dynamodb::played::PlayedTable::new().await);
every_store_behaviour!(
    #[ignore = "needs DynamoDB Local: .ci/peers starts it"]
    dynamodb_local,
    crate::dynamodb::local::LocalTable::new().await
);

#[tokio::test]
async fn what_sqlite_answered_survives_a_power_loss() {
    use vend::domain::job::Lane;
    use vend::ports::clock::{Clock, Ids};
    use vend::ports::store::{JobStore, KeyValue, NewValue, RequestStore};

    use crate::fakes::requests::{delivery, drive, lock, new_request};

    let world = crate::fakes::store::FreshStore::new();
    let now = world.clock.now();
    let id = crate::fakes::clock::SeededIds::default().request_id(now);
    let mut commit = new_request(id, now);
    commit.acquire = vec![lock("email/ada+sandbox@example.com")];
    commit.jobs = vec![drive("drive/1", id, now)];
    world.store.commit(commit).await.unwrap();
    world.store.promise(delivery("slack/Ev1", "text=new", now)).await.unwrap();
    world.store.put(NewValue::lasting("secret", "s3cret"), now).await.unwrap();

    let after = world.after_power_loss();
    assert_eq!(after.store.load(id).await.unwrap(), world.store.load(id).await.unwrap());
    assert_eq!(after.store.history(id, 0).await.unwrap().len(), 1);
    assert_eq!(after.store.locks("email/").await.unwrap().len(), 1);
    assert_eq!(after.store.next_due(Lane::Work).await.unwrap(), Some(now));
    after.store.promise(delivery("slack/Ev1", "text=again", now)).await.unwrap();
    let taken = after.store.claim(Lane::Intake, now, std::time::Duration::from_secs(1), 10).await.unwrap();
    assert_eq!(taken.iter().map(|job| &job.kind).collect::<Vec<_>>(), [&delivery("", "text=new", now).kind]);
    assert_eq!(after.store.get("secret", now).await.unwrap().unwrap().value, "s3cret");
}
