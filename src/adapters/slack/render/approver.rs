//! The card approvers decide from: everything they need, nothing to look up.

use super::parts::{accounts, blueprint, decisions, mark, pairs, preflight, requester, row, set_rows};
use crate::adapters::slack::blocks::{self, Block, Style};
use crate::adapters::slack::text::{Text, one_line};
use crate::domain::request::State;
use crate::ports::chat::button;
use crate::say::view::RequestView;

pub(super) fn summary(view: &RequestView) -> String {
    let who = requester(view);
    match view.state {
        State::Pending => {
            let who = match &view.submitted_by {
                Some(operator) => format!("{} asks on behalf of {who}", one_line(operator)),
                None => format!("{who} asks"),
            };
            format!("Please decide {}: {who} for {} {}", view.short_id, what(view), view.account_name)
        }
        state => format!("{}: {} {} for {who} is {}", view.short_id, what(view), view.account_name, state.word()),
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

const fn what(view: &RequestView) -> &'static str {
    if view.account_set.is_some() { "account set" } else { "account" }
}

fn headline(view: &RequestView) -> String {
    match view.state {
        State::Pending if view.account_set.is_some() => {
            format!("{} New account set {}: may its three accounts be created?", mark(view.state), view.account_name)
        }
        state if view.account_set.is_some() => {
            format!("{} Account set {}: {}", mark(state), view.account_name, state.word())
        }
        State::Pending => format!("{} New account {}: may it be created?", mark(view.state), view.account_name),
        state => format!("{} Account {}: {}", mark(state), view.account_name, state.word()),
    }
}

fn rows(view: &RequestView) -> Vec<(&'static str, String)> {
    let approvals = match view.approvals_needed {
        0 | 1 => String::new(),
        needed => format!("{needed} different people must agree"),
    };
    let who = match view.asked_by() {
        Some(operator) => vec![row("*Asked by*", &operator), row("*Asked for*", &requester(view))],
        None => vec![row("*Asked by*", &requester(view))],
    };
    let why = [row("*Why*", &view.purpose)];
    let what: Vec<_> = match &view.account_set {
        Some(set) => [row("*Set name*", &set.name)].into_iter().chain(set_rows(set)).collect(),
        None => vec![
            row("*Account name*", &view.account_name),
            row("*Account type*", view.account_type.word()),
            row("*Organizational unit*", &view.organizational_unit),
            row("*Root e-mail*", &view.root_email),
        ],
    };
    let furnished = if view.account_set.is_some() { String::new() } else { blueprint(view) };
    let more = [
        row("*Becomes administrator*", &view.requester.email),
        row("*Blueprint*", &furnished),
        row("*Estimated cost a month*", view.monthly_cost.as_deref().unwrap_or_default()),
        row("*Cost centre*", view.cost_centre.as_deref().unwrap_or_default()),
        row("*Approvals*", &approvals),
        row("*Request*", &view.short_id),
        row("*Account id*", view.account_id.as_deref().unwrap_or_default()),
        row("*Parameters (SHA-256)*", &view.parameters_hash),
    ];
    who.into_iter().chain(why).chain(what).chain(more).flatten().collect()
}

fn buttons(view: &RequestView) -> Block {
    blocks::actions(vec![
        blocks::button(button::APPROVE, "Approve", &view.id).styled(Style::Primary),
        blocks::button(button::DENY, "Deny…", &view.id).styled(Style::Danger),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::sample;

    #[test]
    fn who_asked_for_somebody_else_is_shown() {
        let view = sample::on_behalf();
        let card = serde_json::to_string(&card(&view)).unwrap();
        assert!(
            card.contains("ops@example.com, an operator, on their behalf") && card.contains("*Asked for*"),
            "{card}"
        );
        let told = "ops@example.com asks on behalf of Ada Lovelace (ada@example.com) for account fraud-detection";
        assert!(summary(&view).ends_with(told), "{}", summary(&view));
    }
}
