//! What `DynamoDB` does, told once and asked of the played one and of `DynamoDB` Local.
#![expect(clippy::needless_pass_by_value, reason = "calls are written as `json!` where they are made")]

mod account;
mod capacity;
mod conditions;
mod items;
mod knobs;
mod queries;
mod tables;
mod transactions;
mod updates;

/// Runs every behaviour over one account.
macro_rules! every_dynamodb_behaviour {
    ($peer:ident, $account:expr $(, #[$ignored:meta])?) => {
        mod $peer {
            every_dynamodb_behaviour! { @run $account, [$(#[$ignored])?];
                tables::a_table_is_made_once_and_described,
                tables::all_key_attributes_are_defined_and_no_others,
                tables::time_to_live_is_switched_on_once,
                items::an_item_is_read_back_as_it_was_written,
                items::what_cannot_be_stored_is_refused,
                items::the_largest_item_fits_and_a_larger_one_does_not,
                items::a_key_has_all_its_attributes_and_no_more,
                items::a_read_shows_what_it_projects,
                items::a_deleted_item_is_gone_and_can_be_shown,
                items::a_batch_finds_what_is_there,
                conditions::a_condition_holds_or_does_not,
                conditions::a_malformed_condition_is_refused,
                conditions::placeholders_are_defined_and_used,
                conditions::a_failed_condition_shows_what_it_found_when_asked,
                updates::an_update_makes_of_an_item_what_it_says,
                updates::an_update_makes_an_item_that_is_not_there,
                updates::an_update_that_makes_no_sense_is_refused,
                updates::a_refused_update_changes_nothing,
                queries::a_partition_is_answered_in_the_order_of_its_sort_key,
                queries::a_range_of_sort_keys_can_be_asked_for,
                queries::pages_follow_each_other_without_gaps_or_repeats,
                queries::a_limit_counts_before_the_filter,
                queries::an_index_holds_only_items_with_its_keys,
                queries::an_index_shows_only_what_it_projects,
                queries::an_index_can_be_paged_though_its_keys_repeat,
                queries::a_large_partition_is_cut_at_a_megabyte,
                queries::a_query_that_makes_no_sense_is_refused,
                transactions::all_actions_take_effect_together,
                transactions::one_failed_condition_cancels_all_and_reasons_are_in_order,
                transactions::an_item_that_does_not_fit_is_a_reason,
                transactions::a_malformed_transaction_is_refused_whole,
                transactions::a_hundred_actions_are_the_most,
                transactions::four_megabytes_are_the_most,
                transactions::a_token_makes_a_repetition_harmless,
                transactions::a_cancelled_transaction_leaves_its_token_free,
                transactions::several_items_are_read_at_once,
                capacity::writes_cost_by_the_kilobyte_and_by_the_index,
                capacity::reads_cost_by_four_kilobytes_and_consistency,
            }
        }
    };
    (@run $account:expr, $ignored:tt; $($group:ident::$behaviour:ident,)*) => {
        $(every_dynamodb_behaviour! { @one $account, $ignored, $group, $behaviour })*
    };
    (@one $account:expr, [$(#[$ignored:meta])?], $group:ident, $behaviour:ident) => {
        #[tokio::test]
        $(#[$ignored])?
        async fn $behaviour() {
            super::$group::$behaviour(&$account).await;
        }
    };
}

every_dynamodb_behaviour!(played, super::account::Account::played().await);
every_dynamodb_behaviour!(
    local,
    super::account::Account::local(),
    #[ignore = "needs DynamoDB Local (VEND_DYNAMODB_URL): .ci/peers starts it"]
);
