//! The three accounts of a set, as every page shows them.

use maud::{Markup, html};

use crate::domain::request::State;
use crate::say::sets::{SetView, StageView, policy_words};
use crate::say::view::RequestView;

use super::layout::pill;

/// What each account will be, where, and what may be done in it.
#[must_use]
pub fn facts(set: &SetView) -> Markup {
    html! {
        @for stage in &set.stages {
            dt { (stage.stage.word()) }
            dd {
                (stage.account_type.word()) " account " strong { (stage.account_name) } " in " (stage.region)
                span.pair { (stage.organizational_unit) }
                span.pair { (stage.root_email) }
                span.pair { "blueprint " (stage.blueprint.as_deref().unwrap_or("none")) }
                span.pair { "execution policy " (policy(&stage.execution_policy)) }
            }
        }
        dt { "Pipelines" }
        dd {
            "account " (set.pipeline.account) " in " (set.pipeline.region)
            span.pair { "execution policy " (policy(&set.pipeline.execution_policy)) }
        }
    }
}

/// Whoever may do anything is not read over.
fn policy(policy: &str) -> Markup {
    let words = policy_words(policy);
    html! { @if words.starts_with("ADMINISTRATOR") { strong { (words) } } @else { (words) } }
}

/// Steps of an account on its way, the last one behind it.
const STEPS: u32 = 5;

fn step(state: State) -> u32 {
    match state {
        State::Queued => 1,
        State::Creating => 2,
        State::Deploying => 3,
        State::Bootstrapping => 4,
        State::Ready => STEPS,
        _ => 0,
    }
}

/// One bar for each account.
#[must_use]
pub fn bars(set: &SetView) -> Markup {
    let bar = |stage: &StageView| {
        let id = format!("progress-{}", stage.stage.word());
        html! {
            div.progress {
                label for=(id) {
                    (stage.stage.word()) " " (pill(stage.state)) " "
                    @if let Some(account) = &stage.account_id { code { (account) } " " }
                    @if let Some(progress) = &stage.progress { (progress.phase) }
                }
                progress id=(id) value=(step(stage.state)) max=(STEPS) {}
                span.count { (step(stage.state)) " of " (STEPS) }
            }
            @if let Some(failure) = &stage.failure { p { (stage.stage.word()) ": " (failure.reason) } }
        }
    };
    html! { @for stage in &set.stages { (bar(stage)) } }
}

/// Where the files of a finished set are.
#[must_use]
pub fn files(view: &RequestView) -> Markup {
    html! {
        @if view.account_set.is_some() && view.state == State::Ready {
            div.box.good {
                h2 { "The files" }
                p { a href=(format!("/api/v1/requests/{}/artefacts/cdk-app.yml", view.id)) { "cdk-app.yml" }
                    " and those beside it: " code { "vend requests artefacts " (view.short_id) " --out ." } }
            }
        }
    }
}
