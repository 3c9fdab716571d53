//! The first page a newcomer sees: what this is and what to try next.

use maud::{Markup, html};

use super::layout::{Upkeep, page};

/// The page at `/`. `base` is where people reach this server.
#[must_use]
pub fn landing(base: &str) -> Markup {
    let body = html! {
        section.card.hero {
            h1 { "Ask for an AWS account in a chat" }
            p.lead {
                "Say what you need; the bot asks for the rest, an approver decides, and the account is made, furnished "
                "and followed to its end. You are told how it went, in plain words."
            }
            ol.tour {
                li { strong { "Ask" } span { "in the terminal, in Slack or over HTTP" } }
                li { strong { "Decide" } span { "an approver opens the link in their mail" } }
                li { strong { "Follow" } span { "watch the account being made" } }
            }
        }
        section.card {
            h2 { "Try it" }
            p { "Talk to the bot in a terminal:" }
            pre tabindex="0" { code { "vend chat" } }
            p { "or take one turn over HTTP:" }
            pre tabindex="0" { code { (first_turn(base)) } }
            p { "The approver's mail lands in the outbox folder as an " code { ".eml" } " file, unless mail is configured. Open its link, then follow the request here:" }
            p.after { a.button href="/requests" { "See all requests" } " " a href="/openapi.json" { "API description" } }
        }
    };
    page("Ask for an AWS account", Upkeep::Still, &body)
}

fn first_turn(base: &str) -> String {
    let body = r#"{"UserEmail":"ada@example.com","UserName":"Ada","UserLastname":"Lovelace",
       "UserInput":"Hi, I would like a new account please!"}"#;
    format!("curl {base}/account -H 'content-type: application/json' \\\n  -d '{body}'")
}
