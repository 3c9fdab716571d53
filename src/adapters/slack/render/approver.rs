//! The card approvers decide from: everything they need, nothing to look up.

use super::parts::{accounts, blueprint, decisions, mark, pairs, preflight, requester, row};
use crate::adapters::slack::blocks::{self, Block, Style};
use crate::adapters::slack::text::Text;
use crate::domain::request::State;
use crate::ports::chat::button;
use crate::say::view::RequestView;

pub(super) fn summary(view: &RequestView) -> String {
    let who = requester(view);
    match view.state {
        State::Pending => format!("Please decide {}: {who} asks for account {}", view.short_id, view.account_name),
        state => format!("{}: account {} for {who} is {}", view.short_id, view.account_name, state.word()),
    }
}

pub(super) fn card(view: &RequestView) -> Vec<Block> {
    let mut card = vec![blocks::header(&headline(view)), blocks::line(&view.status)];
    card.extend(blocks::table(&rows(view)));
    card.extend(accounts(view));
    card.extend(pairs("*Blueprint parameters*", &view.blueprint_parameters));
    card.extend(pairs("*Tags*", &view.tags));
    card.extend(preflight(view));
    card.push(Block::Divider);
    card.push(blocks::context(Text::line(&format!("Why you are asked: {}", view.policy_rule), blocks::TEXT)));
    card.extend(decisions(view));
    if view.state == State::Pending {
        card.push(blocks::context(Text::moment("Please decide before", view.expires_at)));
        card.push(buttons(view));
    }
    card
}

fn headline(view: &RequestView) -> String {
    match view.state {
        State::Pending => format!("{} New account {}: may it be created?", mark(view.state), view.account_name),
        state => format!("{} Account {}: {}", mark(state), view.account_name, state.word()),
    }
}

fn rows(view: &RequestView) -> Vec<(&'static str, String)> {
    let approvals = match view.approvals_needed {
        0 | 1 => String::new(),
        needed => format!("{needed} different people must agree"),
    };
    [
        row("*Asked by*", &requester(view)),
        row("*Why*", &view.purpose),
        row("*Account name*", &view.account_name),
        row("*Account type*", view.account_type.word()),
        row("*Organizational unit*", &view.organizational_unit),
        row("*Root e-mail*", &view.root_email),
        row("*Becomes administrator*", &view.requester.email),
        row("*Blueprint*", &blueprint(view)),
        row("*Estimated cost a month*", view.monthly_cost.as_deref().unwrap_or_default()),
        row("*Cost centre*", view.cost_centre.as_deref().unwrap_or_default()),
        row("*Approvals*", &approvals),
        row("*Request*", &view.short_id),
        row("*Account id*", view.account_id.as_deref().unwrap_or_default()),
        row("*Parameters (SHA-256)*", &view.parameters_hash),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn buttons(view: &RequestView) -> Block {
    blocks::actions(vec![
        blocks::button(button::APPROVE, "Approve", &view.id).styled(Style::Primary),
        blocks::button(button::DENY, "Deny…", &view.id).styled(Style::Danger),
    ])
}
