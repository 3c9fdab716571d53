//! The AWS profiles `cdk-app.yml` names, to be put into an operator's `~/.aws/config`.

use std::fmt::Write as _;

use super::FinishedSet;
use crate::domain::cdk_app;

/// What Control Tower's Account Factory gives to a new account's first user.
/// <https://docs.aws.amazon.com/controltower/latest/userguide/sso-groups.html>
const PERMISSION_SET: &str = "AWSAdministratorAccess";

/// A profile for the governance account and for each stage.
pub(super) fn fragment(set: &FinishedSet) -> String {
    let governance = &set.pipeline;
    let name = cdk_app::default_profile(&governance.account, &governance.region);
    let first = (name, governance.account.as_str(), governance.region.as_str());
    let stages = set.stages.iter();
    let stages = stages.map(|stage| (stage.profile_name(), stage.account_id.as_str(), stage.region.as_str()));
    let mut text = format!(
        "# For ~/.aws/config, set {}. Sign-in is IAM Identity Center's: `aws configure sso-session` makes the\n\
         # session `control-tower` once; where you use another role or session, change it here.\n",
        set.set_name
    );
    for (name, account, region) in std::iter::once(first).chain(stages) {
        let _ = write!(
            text,
            "\n[profile {name}]\nregion = {region}\nsso_session = control-tower\nsso_account_id = {account}\nsso_role_name = {PERMISSION_SET}\n"
        );
    }
    text
}
