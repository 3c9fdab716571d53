//! Pages with one message: what happened and what to do next.

use maud::{Markup, html};

use super::layout::{Upkeep, page};

/// One message.
#[must_use]
pub fn notice(title: &str, sentence: &str) -> Markup {
    let body = html! {
        section.card {
            h1 { (title) }
            p.lead { (sentence) }
        }
    };
    page(title, Upkeep::Still, &body)
}

/// The way in for somebody who is not signed in. Nothing here sends anybody off by itself: mail scanners
/// stop at this page, and so does a browser that keeps no cookies.
#[must_use]
pub fn sign_in_first(before: &str, address: &str) -> Markup {
    let body = html! {
        section.card {
            h1 { "Sign in to go on" }
            p.lead { @if !before.is_empty() { (before) " " } "This server shows requests to the people they concern." }
            p.after { a.button href=(address) { "Sign in" } }
        }
    };
    page("Sign in", Upkeep::Still, &body)
}

/// A sign-in that did not come to its end.
#[must_use]
pub fn not_signed_in(sentence: &str) -> Markup {
    let body = html! {
        section.card {
            h1 { "You are not signed in" }
            p.lead { (sentence) }
            p.after { a.button href="/sign-in" { "Begin again" } }
        }
    };
    page("Not signed in", Upkeep::Still, &body)
}

/// A link that does not open: damaged, cut by a mail program, or not meant for this request.
#[must_use]
pub fn bad_link(short_id: &str) -> Markup {
    let body = html! {
        section.card {
            h1 { "This link does not work" }
            p.lead { "It may have been cut or changed on its way. Nothing was decided." }
            h2 { "How to go on" }
            ul {
                li { "Open the link in the newest mail about " strong { (short_id) } "; copy all of it, to its last character." }
                li { "Every reminder brings a fresh link." }
                li { "In Slack, type " code { "/account approve " (short_id) } " or " code { "/account deny " (short_id) } "." }
                li { "On the command line, run " code { "vend requests approve " (short_id) } "." }
            }
        }
    };
    page("This link does not work", Upkeep::Still, &body)
}
