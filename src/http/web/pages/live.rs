//! One request, followed to its end.

use maud::{Markup, html};

use crate::domain::request::{State, Step};
use crate::say::left_behind;
use crate::say::mail::retry_would;
use crate::say::moment::{about, utc};
use crate::say::view::{FailureView, RequestView};
use crate::service::FileLinks;

use super::facts::{checks, decisions, facts};
use super::layout::{Upkeep, page, pill, signed_in};
use super::sets;
use super::steps::timeline;

/// Whether the page has something to wait for.
#[must_use]
pub const fn upkeep(view: &RequestView) -> Upkeep {
    if view.state.is_open() { Upkeep::Live } else { Upkeep::Still }
}

/// How a visitor gets at what stands beside the page: by the token of the link that opened it,
/// or as the caller they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The page's own token.
    pub token: Option<String>,
    /// The files of a finished set.
    pub files: FileLinks,
    /// Who looks, where they signed in.
    pub person: Option<String>,
}

/// The page of one request. Parts marked `data-live` are what the script renews.
#[must_use]
pub fn live(view: &RequestView, way: &Way) -> Markup {
    let token = way.token.as_ref().map(|token| format!("?t={token}")).unwrap_or_default();
    let events = view.state.is_open().then(|| format!("/requests/{}/live{token}", view.id));
    let body = html! {
        section.card data-events=[events] {
            p.crumb data-live="state" { (pill(view.state)) " " (view.short_id) }
            h1 { (view.account_name) }
            p.lead data-live="status" role="status" aria-live="polite" { (view.status) (wait(view)) }
            div data-live="steps" { (timeline(view)) (progress(view)) @if let Some(set) = &view.account_set { (sets::bars(set)) } }
            div data-live="end" {
                @if let Some(failure) = &view.failure { (trouble(view, failure)) }
                @if let Some(id) = &view.account_id { (account(view, id)) }
                @if let Some(set) = &view.account_set { (sets::accounts(view, set)) }
                (sets::files(view, &way.files))
            }
        }
        section.card { h2 { "What was asked for" } (facts(view)) (times(view)) }
        section.card data-live="said" {
            h2 { "What was said" }
            p.rule { strong { "Policy: " } (view.policy_rule) }
            @if view.decisions.is_empty() { p { "Nobody has decided yet." } } @else { (decisions(view)) }
            h2 { "What was checked" }
            (checks(&view.preflight))
        }
        (signed_in(way.person.as_deref()))
    };
    page(&format!("{}: {}", view.account_name, view.state.word()), upkeep(view), &body)
}

fn wait(view: &RequestView) -> Markup {
    html! { @if let Some(guess) = view.estimate_seconds.and_then(about) { " Ready in " (guess) ", going by earlier accounts." } }
}

fn progress(view: &RequestView) -> Markup {
    html! {
        // What a set counts while its accounts are made, their own bars tell better.
        @if let Some(progress) = view.progress.as_ref().filter(|_| view.account_set.is_none() || view.state != State::Creating) {
            div.progress {
                label for="progress" { (progress.phase) }
                @match (progress.done, progress.total) {
                    (Some(done), Some(total)) if total > 0 => {
                        progress #progress value=(done) max=(total) {}
                        span.count { (done) " of " (total) }
                    },
                    _ => progress #progress {},
                }
            }
        }
    }
}

fn trouble(view: &RequestView, failure: &FailureView) -> Markup {
    html! {
        div.box.bad {
            h2 { "What went wrong" }
            p { (failure.reason) }
            p { @if view.state == State::Abandoned { (left_behind(view)) } @else { (failure.advice) } }
            @if view.can_retry() {
                // The advice for a set begins with what its retry does.
                @if failure.step != Step::SetMembers { p { "A retry " (retry_would(failure.step)) "." } }
                (begin_anew(view))
                p { "To retry: " code { "/account retry " (view.short_id) } " in Slack, or " code { "vend requests retry " (view.short_id) } "." }
            }
        }
    }
}

/// How a failed blueprint is removed, where a retry would only go on with it.
fn begin_anew(view: &RequestView) -> Markup {
    html! {
        @if view.can_roll_back {
            p { "To begin the blueprint anew instead, first remove what is there of it: " code { "vend requests rollback " (view.short_id) } "." }
        }
        @for stage in view.account_set.iter().flat_map(|set| &set.stages).filter(|stage| stage.can_roll_back) {
            p { "To begin the blueprint of " (stage.stage.word()) " anew instead, first remove what is there of it: "
                code { "vend requests rollback " (view.short_id) " --stage " (stage.stage.word()) } "." }
        }
    }
}

fn account(view: &RequestView, id: &str) -> Markup {
    html! {
        div.box.good {
            h2 { "The account" }
            dl.facts {
                dt { "Account id" } dd { code { (id) } }
                @for (name, value) in &view.outputs { dt { (name) } dd { code { (value) } } }
                @if view.state == State::Ready {
                    dt { "Sign in" }
                    dd { "Open your AWS access portal as " strong { (view.requester.email) } " and choose " strong { (view.account_name) } "." }
                }
            }
        }
    }
}

fn times(view: &RequestView) -> Markup {
    html! {
        p.rule {
            "Asked on " time datetime=(view.created_at.to_string()) { (utc(view.created_at)) }
            ". Parameters " code { (view.parameters_hash.get(..12).unwrap_or_default()) } "…"
        }
    }
}
