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
