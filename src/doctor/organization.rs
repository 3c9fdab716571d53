//! The organization as this role sees it: without its accounts nobody can say before an
//! approval which names and root e-mail addresses are taken.

use aws_sdk_organizations::Client;

use super::aws::Blocked;
use super::finding::Finding;
use super::surroundings::Surroundings;

const CHECK: &str = "organization";

/// One account is enough: big organizations have thousands.
pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let client = Client::new(place.management.sdk());
    let listed = client.list_accounts().max_results(1).send().await.map_err(|error| Blocked::by(&error));
    vec![judge(listed.map(drop))]
}

fn judge(listed: Result<(), Blocked>) -> Finding {
    match listed {
        Ok(()) => Finding::well(CHECK, "its accounts can be listed"),
        Err(Blocked::Denied) => Finding::ill(
            CHECK,
            "this role may not list its accounts: names and addresses that are taken show only after an approval",
            "allow organizations:ListAccounts; outside of the management account, make this one a delegated administrator",
        ),
        Err(other) => Finding::unseen(CHECK, other.words(), other.cure("organizations:ListAccounts")),
    }
}
