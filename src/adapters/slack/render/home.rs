//! The home page of the app: my requests, and those waiting for me.

use serde::Serialize;

use super::parts::{mark, requester, short};
use crate::adapters::slack::blocks::{self, Block, Style, VIEW_BLOCKS};
use crate::ports::chat::{Home, button};
use crate::say::view::RequestView;

/// The `view` of `views.publish`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HomeView {
    /// Always `home`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The page.
    pub blocks: Vec<Block>,
}

/// Requests shown in each of the two lists.
const LISTED: usize = 15;

/// Renders the page.
#[must_use]
pub fn home(page: &Home) -> HomeView {
    let new = blocks::button(button::FORM, "Ask for an account", "home").styled(Style::Primary);
    let set = blocks::button(button::SET_FORM, "Ask for an account set", "home");
    let mut blocks = vec![blocks::header("AWS accounts"), blocks::actions(vec![new, set]), Block::Divider];
    blocks.push(blocks::header("Waiting for your decision"));
    blocks.extend(waiting(&page.waiting));
    blocks.push(Block::Divider);
    blocks.push(blocks::header("Your requests"));
    blocks.extend(mine(&page.mine));
    blocks.truncate(VIEW_BLOCKS);
    HomeView { kind: "home", blocks }
}

fn waiting(requests: &[RequestView]) -> Vec<Block> {
    if requests.is_empty() {
        return vec![blocks::markup("Nothing waits for you.")];
    }
    requests.iter().take(LISTED).flat_map(to_decide).collect()
}

fn to_decide(view: &RequestView) -> [Block; 2] {
    let place = match &view.account_set {
        Some(_) => "three accounts".to_owned(),
        None => format!("in {}", view.organizational_unit),
    };
    let words = format!(
        "{}: {} asks for {} {}, {place}. Why: {}",
        view.short_id,
        requester(view),
        view.kind(),
        view.account_name,
        short(&view.purpose)
    );
    let approve = blocks::button(button::APPROVE, "Approve", &view.id).styled(Style::Primary);
    let deny = blocks::button(button::DENY, "Deny…", &view.id).styled(Style::Danger);
    [blocks::line(&words), blocks::actions(vec![approve, deny])]
}

fn mine(requests: &[RequestView]) -> Vec<Block> {
    if requests.is_empty() {
        return vec![blocks::markup("You have not asked for an account yet.")];
    }
    requests.iter().take(LISTED).map(listed).collect()
}

fn listed(view: &RequestView) -> Block {
    let account = view.account_id.as_deref().map(|id| format!(", account id {id}")).unwrap_or_default();
    let words = format!("{} {} {}: {}{account}", mark(view.state), view.short_id, view.account_name, view.status);
    blocks::line(&words)
}
