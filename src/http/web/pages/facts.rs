//! What was asked for and what was checked, as every page shows it.

use maud::{Markup, html};

use crate::domain::preflight::Checklist;
use crate::domain::request::Verdict;
use crate::say::moment::utc;
use crate::say::view::RequestView;

use super::sets;

/// Everything that was asked for.
#[must_use]
pub fn facts(view: &RequestView) -> Markup {
    html! {
        dl.facts {
            dt { "Who" }
            dd {
                (view.requester.first_name) " " (view.requester.last_name) " · " (view.requester.email)
                span.note {
                    "becomes administrator of " (if view.account_set.is_some() { "all three accounts" } else { "the account" }) " (SSO user)"
                }
            }
            @if let Some(operator) = &view.submitted_by {
                dt { "Asked by" } dd { (operator) span.note { "an operator, on their behalf" } }
            }
            dt { "Why" } dd { (view.purpose) }
            @if let Some(set) = &view.account_set {
                (sets::facts(set))
            } @else {
                dt { "What" } dd { (view.account_type.word()) " account " strong { (view.account_name) } }
                dt { "Where" } dd { (view.organizational_unit) }
                dt { "Root e-mail" } dd { (view.root_email) }
                dt { "Blueprint" } dd { (blueprint(view)) }
            }
            dt { "Cost" } dd { (view.cost()) }
            @if let Some(centre) = &view.cost_centre { dt { "Charged to" } dd { (centre) } }
            @if !view.tags.is_empty() {
                dt { "Tags" }
                dd { @for (name, value) in &view.tags { span.pair { (name) " = " (value) } } }
            }
        }
    }
}

fn blueprint(view: &RequestView) -> Markup {
    html! {
        @if let Some(id) = &view.blueprint {
            strong { (id) }
            @if let Some(version) = &view.blueprint_version { " version " (version) }
            @for (name, value) in &view.blueprint_parameters { span.pair { (name) " = " (value) } }
        } @else {
            "none, an empty account"
        }
    }
}

/// The pre-flight checklist.
#[must_use]
pub fn checks(list: &Checklist) -> Markup {
    html! {
        ul.checks {
            @for check in &list.0 {
                @if check.passed {
                    li.ok { span.sign role="img" aria-label="passed" { "✓" } span { (check.text) } }
                } @else {
                    li.no { span.sign role="img" aria-label="failed" { "✗" } span { (check.text) } }
                }
            }
        }
    }
}

/// Every word said on a request, oldest first.
#[must_use]
pub fn decisions(view: &RequestView) -> Markup {
    html! {
        ul.said {
            @for said in &view.decisions {
                li {
                    strong { (past(said.decision)) }
                    @if said.decision != Verdict::Expire { " by " (said.by) }
                    " · " time datetime=(said.at.to_string()) { (utc(said.at)) }
                    " · " (said.channel.word())
                    @if let Some(reason) = &said.reason { blockquote { (reason) } }
                }
            }
        }
    }
}

/// A verdict as what happened.
#[must_use]
pub const fn past(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "Approved",
        Verdict::Deny => "Denied",
        Verdict::Cancel => "Cancelled",
        Verdict::Expire => "Expired",
    }
}
