//! The frame around every page, and the few pieces several pages share.

use maud::{DOCTYPE, Markup, html};

use crate::domain::request::State;

/// Whether a page keeps itself up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upkeep {
    /// Shows one moment; carries no script.
    Still,
    /// Follows the request: a script where there is one, else it reloads itself.
    Live,
}

/// Seconds after which a live page without script reloads itself.
const RELOAD_SECONDS: &str = "5";

/// A whole page.
#[must_use]
pub fn page(title: &str, upkeep: Upkeep, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · vend" }
                link rel="stylesheet" href="/assets/vend.css";
                @if upkeep == Upkeep::Live {
                    noscript { meta http-equiv="refresh" content=(RELOAD_SECONDS); }
                    script src="/assets/live.js" defer {}
                }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    a.brand href="/" { span.mark aria-hidden="true" { "▲" } " vend" }
                    nav aria-label="Pages" { a href="/requests" { "Requests" } }
                }
                main #main { (body) }
                footer { "AWS accounts, asked for in a chat, approved by a person." }
            }
        }
    }
}

/// Who looks, where people sign in, and the way out.
#[must_use]
pub fn signed_in(person: Option<&str>) -> Markup {
    html! {
        @if let Some(person) = person {
            form.person method="post" action="/sign-out" {
                span { "Signed in as " strong { (person) } }
                button type="submit" { "Sign out" }
            }
        }
    }
}

/// A state as a coloured word.
#[must_use]
pub fn pill(state: State) -> Markup {
    html! { span class=(format!("pill {}", tone(state))) { (state.word()) } }
}

/// How a state feels: `good`, `bad`, `wait`, `busy` or `quiet`.
const fn tone(state: State) -> &'static str {
    match state {
        State::Ready => "good",
        State::Failed | State::Denied => "bad",
        State::Pending => "wait",
        State::Approved | State::Queued | State::Creating | State::Deploying | State::Bootstrapping => "busy",
        State::Cancelled | State::Expired | State::Abandoned => "quiet",
    }
}
