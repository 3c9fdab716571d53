//! The list of requests, newest first.

use maud::{Markup, html};

use crate::domain::ids::RequestId;
use crate::domain::request::State;
use crate::say::moment::utc;
use crate::say::view::RequestView;

use super::layout::{Upkeep, page, pill, signed_in};

/// One page of the list. `next` is where the next one begins; `person` who looks, where they signed in.
#[must_use]
pub fn requests(rows: &[RequestView], state: Option<State>, next: Option<RequestId>, person: Option<&str>) -> Markup {
    let body = html! {
        section.card {
            h1 { "Requests" }
            (filter(state))
            @if rows.is_empty() {
                p.lead { "There are no such requests. " a href="/" { "How to ask for an account" } }
            } @else {
                (table(rows))
            }
            @if let Some(next) = next { p.after { a.button href=(older(state, next)) rel="next" { "Older requests" } } }
        }
        (signed_in(person))
    };
    page("Requests", Upkeep::Still, &body)
}

fn filter(state: Option<State>) -> Markup {
    html! {
        form.filter method="get" action="/requests" {
            label for="state" { "State" }
            select #state name="state" {
                option value="" { "all" }
                @for one in State::ALL { option value=(one.word()) selected[state == Some(one)] { (one.word()) } }
            }
            button type="submit" { "Show" }
        }
    }
}

fn table(rows: &[RequestView]) -> Markup {
    html! {
        table {
            thead {
                tr { th scope="col" { "Name" } th scope="col" { "State" } th scope="col" { "For" } th scope="col" { "Asked" } }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" data-label="Name" {
                            a href=(format!("/requests/{}", row.id)) { (row.account_name) }
                            span.note { (row.kind()) " · " (row.short_id) }
                        }
                        td data-label="State" { (pill(row.state)) }
                        td data-label="For" { (row.requester.first_name) " " (row.requester.last_name) }
                        td data-label="Asked" { time datetime=(row.created_at.to_string()) { (utc(row.created_at)) } }
                    }
                }
            }
        }
    }
}

fn older(state: Option<State>, next: RequestId) -> String {
    let state = state.map(|state| format!("state={}&", state.word())).unwrap_or_default();
    format!("/requests?{state}before={next}")
}
