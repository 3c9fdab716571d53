//! What a mail says of an account set where it says something else than of one account.

use crate::say::moment::utc;
use crate::say::sets::{SetView, policy_words};
use crate::say::view::RequestView;

use super::{Letter, first_name, user};

/// The three accounts; whoever may do anything in one of them is spelled out.
pub(super) fn facts(text: &mut Letter, set: &SetView) {
    for stage in &set.stages {
        let account = format!("{} account {}", stage.account_type.word(), user(&stage.account_name));
        text.field(stage.stage.word(), &format!("{account} in {}", user(&stage.region)));
        text.field("", &format!("organizational unit {}", user(&stage.organizational_unit)));
        text.field("", &format!("root mail {}", user(&stage.root_email)));
        text.field("", &format!("blueprint {}", stage.blueprint.as_deref().map_or_else(|| "none".to_owned(), user)));
        text.field("", &format!("execution policy {}", user(&policy_words(&stage.execution_policy))));
    }
    let pipeline = &set.pipeline;
    text.field("Pipelines", &format!("account {} in {}", user(&pipeline.account), user(&pipeline.region)));
    text.field("", &format!("execution policy {}", user(&policy_words(&pipeline.execution_policy))));
}

pub(super) fn consequences(text: &mut Letter, view: &RequestView) {
    let enough = if view.approvals_needed > 1 { "Once enough have approved" } else { "If you approve" };
    text.gap();
    text.line(&format!(
        "{enough}, the three accounts are created, their blueprints deployed, the CDK bootstrapped, and {} is told.",
        first_name(view)
    ));
    text.line(&format!("If you deny, nothing is created and {} is told your reason.", first_name(view)));
    text.line(&format!("If nobody decides by {}, the request expires and nothing is created.", utc(view.expires_at)));
}

pub(super) fn ready(text: &mut Letter, view: &RequestView, set: &SetView) -> &'static str {
    for stage in &set.stages {
        let id = stage.account_id.as_deref().unwrap_or("not known");
        text.field(stage.stage.word(), &format!("{id}, {} in {}", user(&stage.account_name), user(&stage.region)));
    }
    text.field("Sign in", &format!("open your AWS access portal as {}", user(&view.requester.email)));
    text.field("", "and choose one of the accounts; you are the administrator of all three");
    text.gap().line("The files for the CDK application (cdk-app.yml and those beside it) are on the request's page;");
    text.line(&format!("vend requests artefacts {} --out . downloads them all.", view.short_id));
    text.gap().line("A first sign-in may need the invitation mail AWS sends to that address.");
    "is ready"
}

/// The accounts of a set that exist, whatever became of the set.
pub(super) fn accounts(text: &mut Letter, view: &RequestView) {
    for stage in view.account_set.iter().flat_map(|set| &set.stages) {
        let exists = stage.account_id.as_ref().map(|id| format!(", account {id}")).unwrap_or_default();
        let detail = stage.detail().map(|detail| format!("; {}", user(&detail))).unwrap_or_default();
        text.field(stage.stage.word(), &format!("{}{exists}{detail}", stage.state.word()));
    }
}
