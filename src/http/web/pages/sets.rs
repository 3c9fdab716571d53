//! The three accounts of a set, as every page shows them.

use maud::{Markup, html};

use crate::domain::request::State;
use crate::say::moment::utc;
use crate::say::sets::{SetView, StageView, is_everything, policy_words};
use crate::say::view::RequestView;
use crate::service::FileLinks;

use super::layout::pill;

/// What each account will be, where, and what may be done in it.
#[must_use]
pub fn facts(set: &SetView) -> Markup {
    html! {
        dt { "Account set" } dd { strong { (set.name) } ": three accounts under one approval" }
        @for stage in &set.stages {
            dt { (stage.stage.word()) }
            dd {
                (stage.account_type.word()) " account " strong { (stage.account_name) } " in " (stage.region)
                span.pair { (stage.organizational_unit) }
                span.pair { (stage.root_email) }
                span.pair { (blueprint(stage)) }
                span.pair { "execution policy " (policy(&stage.execution_policy)) }
            }
        }
        dt { "Governance" }
        dd {
            "account " (set.pipeline.account) " in " (set.pipeline.region) ", where the pipelines run"
            span.pair { "execution policy " (policy(&set.pipeline.execution_policy)) }
        }
    }
}

fn blueprint(stage: &StageView) -> Markup {
    html! {
        "blueprint " (stage.blueprint.as_deref().unwrap_or("none, an empty account"))
        @for (name, value) in &stage.blueprint_parameters { ", " (name) " = " (value) }
    }
}

/// Whoever may do anything is not read over.
fn policy(policy: &str) -> Markup {
    let words = policy_words(policy);
    html! { @if is_everything(policy) { strong.loud { (words) } } @else { (words) } }
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
                    @if let Some(account) = &stage.account_id { code { (account) } }
                }
                progress id=(id) value=(stage.percent()) max="100" {}
                span.count { (stage.percent()) " %" }
                @if let Some(detail) = stage.detail() { span.note { (detail) } }
            }
        }
    };
    html! { div.bars { @for stage in &set.stages { (bar(stage)) } } }
}

/// The accounts of a finished set, and who signs in to them.
#[must_use]
pub fn accounts(view: &RequestView, set: &SetView) -> Markup {
    html! {
        @if view.state == State::Ready {
            div.box.good {
                h2 { "The accounts" }
                dl.facts {
                    @for stage in &set.stages {
                        dt { (stage.stage.word()) }
                        dd { code { (stage.account_id.as_deref().unwrap_or("not known")) } " " (stage.account_name) " in " (stage.region) }
                    }
                    dt { "Sign in" }
                    dd { "Open your AWS access portal as " strong { (view.requester.email) } " and choose one of the accounts." }
                }
            }
        }
    }
}

/// The files of a finished set, each a link while links are good.
#[must_use]
pub fn files(view: &RequestView, links: &FileLinks) -> Markup {
    html! {
        @if view.account_set.is_some() && view.state == State::Ready {
            div.box.good {
                h2 { "The files for the CDK application" }
                @if !links.files.is_empty() {
                    ul.files { @for file in &links.files { li { a href=(file.url) download { (file.name) } } } }
                }
                @if let Some(until) = links.until { p { "The links are yours alone and good until " (utc(until)) "." } }
                p { "All at once: " code { "vend requests artefacts " (view.short_id) " --out ." } }
            }
        }
    }
}
