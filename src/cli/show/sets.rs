//! An account set as terminal text: what it is, and each of its accounts.

use super::super::output::{self, safe};
use super::{Fact, mark, section};
use crate::domain::request::State;
use crate::say::sets::{SetView, StageView, is_everything, policy_words};
use crate::say::view::RequestView;

/// What tells of the set rather than of one of its accounts.
pub(super) fn facts(set: &SetView) -> Vec<Fact> {
    vec![
        ("governance account", format!("{} in {}", set.pipeline.account, set.pipeline.region)),
        ("default region", set.default_region.clone()),
    ]
}

/// Each account with everything an approver or operator asks, then the toolkit stacks that ended.
pub(super) fn accounts(set: &SetView, short_id: &str) -> Vec<String> {
    let mut lines = vec![String::new(), "Accounts".to_owned()];
    for stage in &set.stages {
        lines.push(format!("  {}", headline(stage)));
        lines.extend(details(stage, short_id).into_iter().map(|(name, value)| format!("    {name:19} {value}")));
    }
    lines.push("  governance".to_owned());
    lines.push(format!("    {:19} {}", "execution policy", policy(&set.pipeline.execution_policy)));
    let bootstrap = |(step, problem): (&String, &Option<String>)| {
        let problem = problem.as_ref().map(|problem| format!(": {}", safe(problem))).unwrap_or_default();
        format!("{} {}{problem}", mark(problem.is_empty()), safe(step))
    };
    lines.extend(section("CDK bootstrap", set.bootstraps.iter().map(bootstrap)));
    lines
}

fn headline(stage: &StageView) -> String {
    let id = stage.account_id.as_deref().map(|id| format!("  {}", safe(id))).unwrap_or_default();
    let name = safe(&stage.account_name);
    let stands = output::state(stage.state, 0);
    format!("{:8} {name}  {}  {stands}{id}", stage.stage.word(), stage.account_type.word())
}

fn details(stage: &StageView, short_id: &str) -> Vec<Fact> {
    let parameters = stage.blueprint_parameters.iter().map(|(name, value)| format!("{}={}", safe(name), safe(value)));
    let parameters = parameters.collect::<Vec<_>>().join(" ");
    let blueprint = stage.blueprint.as_deref().map_or_else(|| "none".to_owned(), safe);
    let mut details = vec![
        ("root e-mail", safe(&stage.root_email)),
        ("organizational unit", safe(&stage.organizational_unit)),
        ("region", safe(&stage.region)),
        ("blueprint", format!("{blueprint} {parameters}").trim_end().to_owned()),
        ("network of the app", safe(&stage.vpc_cidr)),
        ("execution policy", policy(&stage.execution_policy)),
    ];
    let stands = if stage.failure.is_some() { Some(stage.status.clone()) } else { stage.detail() };
    details.extend(stands.map(|words| ("where it is", safe(&words))));
    if stage.can_roll_back {
        let how = format!("vend requests rollback {short_id} --stage {}, then retry", stage.stage.word());
        details.push(("to begin it anew", how));
    }
    details
}

/// Whoever may do anything is not read over.
fn policy(policy: &str) -> String {
    let words = safe(&policy_words(policy));
    if is_everything(policy) { output::loud(&words) } else { words }
}

/// How the files of a finished set are fetched.
pub(super) fn files(request: &RequestView) -> Vec<String> {
    let finished = request.account_set.is_some() && request.state == State::Ready;
    let how = finished.then(|| format!("vend requests artefacts {} --out .", request.short_id));
    section("Files", how.into_iter())
}

/// The accounts of a set on one line, for who follows it without a terminal; nothing for one account.
pub(in crate::cli) fn accounts_line(request: &RequestView) -> String {
    let stages = request.account_set.iter().flat_map(|set| &set.stages);
    let each = |stage: &StageView| format!(" · {} {}", stage.stage.word(), followed(stage));
    stages.map(each).collect::<Vec<_>>().concat()
}

/// Where one account of a set is, in a few words.
pub(in crate::cli) fn followed(stage: &StageView) -> String {
    let id = stage.account_id.as_deref().filter(|_| stage.state == State::Ready).map(|id| format!(" {}", safe(id)));
    let detail = stage.detail().map(|detail| format!(": {}", safe(&detail)));
    format!("{}{}{}", stage.state.word(), id.unwrap_or_default(), detail.unwrap_or_default())
}
