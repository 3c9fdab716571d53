//! What ships: seven blueprints, the same in the binary and in the folder.

use std::path::Path;

use vend::adapters::embedded::catalogue::load;
use vend::domain::blueprint::Catalogue;
use vend::domain::spec::AccountType;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/blueprints"))
}

#[test]
fn the_binary_and_the_folder_hold_the_same_catalogue() {
    assert_eq!(load(folder()).unwrap(), Catalogue::shipped());
}

#[test]
fn each_account_type_is_offered_what_fits_it() {
    let catalogue = Catalogue::shipped();
    let ids = |t| catalogue.for_type(t).map(|b| b.id.as_str()).collect::<Vec<_>>();
    assert_eq!(
        ids(AccountType::Production),
        ["ml-shared-services-prod", "ml-workload-prod", "mlops-ecs", "mlops-eks", "mlops-stage"]
    );
    assert_eq!(
        ids(AccountType::Sandbox),
        ["ml-shared-services-nonprod", "ml-workload-nonprod", "mlops-ecs", "mlops-eks", "mlops-stage"]
    );
}
