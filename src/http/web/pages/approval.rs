//! The approval page: everything an approver needs, and a form nothing fills in but
//! a person. No script; the account name is typed by hand, so that a mail scanner
//! which presses buttons decides nothing. Where people sign in, the session is what
//! a scanner does not have, and nothing need be typed.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::domain::person::same_email;
use crate::domain::request::{State, Verdict};
use crate::say::moment::utc;
use crate::say::view::RequestView;

use super::facts::{checks, decisions, facts};
use super::layout::{Upkeep, page, pill, signed_in};

/// Who looks, through which link, and when.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The approver: whom the link was sent to, or who signed in.
    pub approver: &'a str,
    /// The token of their link, to be sent along with the form; empty for somebody who came without one.
    pub token: &'a str,
    /// What shows that a person decides.
    pub proof: Proof<'a>,
    /// Now.
    pub now: Timestamp,
}

/// What shows that a person decides.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// They type the account's name.
    Typing,
    /// They signed in.
    Session {
        /// What only this session's own page knows.
        form: &'a str,
        /// Why they may not decide, if they may not.
        refusal: Option<&'a str>,
    },
}

impl<'a> Visit<'a> {
    /// Who signed in.
    const fn person(&self) -> Option<&'a str> {
        match self.proof {
            Proof::Typing => None,
            Proof::Session { .. } => Some(self.approver),
        }
    }

    /// The token that opens the request's page.
    const fn way_on(&self) -> &'a str {
        match self.proof {
            Proof::Typing => self.token,
            Proof::Session { .. } => "",
        }
    }
}

/// What the form was sent with, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    /// The reason typed so far.
    pub reason: String,
    /// The account name typed so far.
    pub account_name: String,
    /// The fault of the reason.
    pub reason_fault: Option<String>,
    /// The fault of the account name.
    pub name_fault: Option<String>,
}

/// The page behind an approver's link: the form while there is something to decide,
/// else who decided and when.
#[must_use]
pub fn approval(view: &RequestView, visit: Visit<'_>, entered: &Entered) -> Markup {
    let title = format!("{} {}?", view.kind(), view.account_name);
    let closed = closed(view, visit);
    let body = html! {
        @match &closed {
            Some(sentence) => { (question(view, &html! { (sentence) })) (follow(view, visit.way_on())) },
            None => div.two {
                (question(view, &html! { "Decide by " time datetime=(view.expires_at.to_string()) { (utc(view.expires_at)) } "." }))
                (form(view, visit, entered))
            },
        }
        (signed_in(visit.person()))
    };
    page(&title, Upkeep::Still, &body)
}

/// What is asked, under the sentence that matters most now.
fn question(view: &RequestView, lead: &Markup) -> Markup {
    html! {
        section.card {
            p.crumb { (pill(view.state)) " " (view.short_id) }
            h1 {
                @if view.submitted_by.is_some() { "An operator asks on behalf of " (view.requester.first_name) " for " }
                @else { (view.requester.first_name) " asks for " }
                @if view.account_set.is_some() { "three accounts, the set " (view.account_name) }
                @else { "a " (view.account_type.word()) " account" }
            }
            p.lead { (lead) }
            (facts(view))
            h2 { "Checked before you were asked" }
            (checks(&view.preflight))
            p.rule { strong { "Policy: " } (view.policy_rule) }
            @if !view.decisions.is_empty() { h2 { "Said so far" } (decisions(view)) }
        }
    }
}

/// Why there is nothing to decide here (any more).
fn closed(view: &RequestView, visit: Visit<'_>) -> Option<String> {
    let mine = |by: &str| same_email(by, visit.approver);
    if view.state == State::Pending {
        let given = view.decisions.iter().find(|d| d.decision == Verdict::Approve && mine(&d.by));
        return match given {
            Some(said) => Some(format!("You approved on {}. Another approver must agree.", utc(said.at))),
            None if visit.now >= view.expires_at => Some(too_late(view)),
            None => match visit.proof {
                Proof::Session { refusal, .. } => refusal.map(str::to_owned),
                Proof::Typing => None,
            },
        };
    }
    let Some(last) = view.decisions.last() else { return Some(view.status.clone()) };
    let who = if mine(&last.by) { "you" } else { last.by.as_str() };
    Some(match last.decision {
        Verdict::Approve => format!("Already approved by {who} on {}.", utc(last.at)),
        Verdict::Deny => format!("Already denied by {who} on {}. Nothing was created.", utc(last.at)),
        Verdict::Cancel => format!("Cancelled by {who} on {}. There is nothing to decide.", utc(last.at)),
        Verdict::Expire => too_late(view),
    })
}

fn too_late(view: &RequestView) -> String {
    let until = utc(view.expires_at);
    format!("Nobody decided until {until}, so it expired. Nothing was created; the requester may ask again.")
}

fn form(view: &RequestView, visit: Visit<'_>, entered: &Entered) -> Markup {
    html! {
        form.card.decide method="post" action=(format!("/account/confirm/{}", view.id)) autocomplete="off" {
            h2 { "Your decision" }
            p { "You decide as " strong { (visit.approver) } ". " (consequences(view)) }
            // The first submit button is the one the Enter key presses: this one does nothing.
            button.hidden type="submit" disabled tabindex="-1" aria-hidden="true" { "Nothing" }
            input type="hidden" name="t" value=(visit.token);
            @match visit.proof {
                Proof::Typing => (typing(view, entered)),
                Proof::Session { form, .. } => input type="hidden" name="f" value=(form);,
            }
            label for="reason" { "Reason " span.note { "needed to deny; " (view.requester.first_name) " reads it" } }
            textarea #reason name="reason" rows="3" maxlength=(crate::domain::validate::PURPOSE_MAX)
                aria-invalid=[entered.reason_fault.as_ref().map(|_| "true")]
                aria-describedby=[entered.reason_fault.as_ref().map(|_| "reason_fault")] { (entered.reason) }
            @if let Some(fault) = &entered.reason_fault { p.fault #reason_fault role="alert" { (fault) } }
            div.buttons {
                button.yes type="submit" name="decision" value="approve" { "Approve" }
                button.no type="submit" name="decision" value="deny" { "Deny" }
            }
        }
    }
}

/// What a machine that fills forms would have to read first.
fn typing(view: &RequestView, entered: &Entered) -> Markup {
    html! {
        label for="account_name" { "Type the name of the " (if view.account_set.is_some() { "set" } else { "account" }) ", " code { (view.account_name) } ", to show that you have read this" }
        input #account_name name="account_name" type="text" value=(entered.account_name) required
            autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200"
            aria-invalid=[entered.name_fault.as_ref().map(|_| "true")]
            aria-describedby=[entered.name_fault.as_ref().map(|_| "name_fault")];
        @if let Some(fault) = &entered.name_fault { p.fault #name_fault role="alert" { (fault) } }
    }
}

fn consequences(view: &RequestView) -> &'static str {
    if view.account_set.is_some() {
        return "The three accounts are created and bootstrapped once enough approvers agree; one who denies ends it.";
    }
    match (view.blueprint.is_some(), view.approvals_needed) {
        (true, ..=1) => "Approving creates the account and deploys the blueprint; denying creates nothing.",
        (false, ..=1) => "Approving creates the account; denying creates nothing.",
        _ => "The account is created once enough approvers agree; one who denies ends it.",
    }
}

/// What a person sees after they decided: `said` tells what it did. When it changed
/// nothing, somebody was first.
#[must_use]
pub fn decided(view: &RequestView, said: &str, changed: bool, visit: Visit<'_>) -> Markup {
    let title = match (changed, view.state) {
        (false, _) => "Nothing was changed",
        (true, State::Denied) => "Denied",
        (true, State::Pending) => "Your approval is recorded",
        (true, _) => "Approved",
    };
    let body = html! {
        section.card {
            p.crumb { (pill(view.state)) " " (view.short_id) }
            h1 { (title) }
            p.lead role="status" { (said) }
            (decisions(view))
        }
        (follow(view, visit.way_on()))
        (signed_in(visit.person()))
    };
    page(title, Upkeep::Still, &body)
}

/// The way on: the link that opened this page opens the request's page, too; so does a session.
fn follow(view: &RequestView, token: &str) -> Markup {
    let query = if token.is_empty() { String::new() } else { format!("?t={token}") };
    html! {
        p.after { a.button href=(format!("/requests/{}{query}", view.id)) { "Follow " (view.account_name) } }
    }
}
