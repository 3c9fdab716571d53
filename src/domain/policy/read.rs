//! From the text of `manifests/policy.yaml` to a [`Policy`], or every fault in it.
//! It must not know who asks.

use std::time::Duration;

use super::pattern::{EmailPattern, Pattern};
use super::reader::{Reader, Section};
use super::{ApprovalRule, AutoRule, Escalation, Policy, RequesterRule, Scope};
use crate::domain::person::{Channel, same_email};
use crate::domain::spec::AccountType;
use crate::domain::validate;
use crate::domain::yaml::{Node, Scalar, Value};

const TOP: [&str; 9] = [
    "requesters",
    "approvals",
    "auto_approval",
    "self_approval",
    "channels",
    "expires_after",
    "reminders",
    "escalation",
    "limits",
];
const REQUESTER: [&str; 2] = ["who", "account_types"];
const APPROVAL: [&str; 8] =
    ["name", "account_types", "organizational_units", "blueprints", "approvals", "approvers", "slack_groups", "team"];
const SCOPE: [&str; 3] = ["account_types", "organizational_units", "blueprints"];
const AUTO: [&str; 5] = ["name", "account_types", "organizational_units", "blueprints", "requesters"];
const ESCALATION: [&str; 3] = ["after_reminder", "after", "to"];

const CHANNELS: [Channel; 5] = [Channel::Mail, Channel::Web, Channel::Slack, Channel::Api, Channel::Cli];
const EXPIRES_AFTER: Duration = Duration::from_hours(48);
const OPEN_REQUESTS: u32 = 5;

/// Reads the whole file.
pub(super) fn policy(yaml: &str) -> Result<Policy, Vec<String>> {
    let mut reader = Reader::default();
    let read = reader.document(yaml).map(|node| whole(&mut reader, &node));
    let faults = reader.into_faults();
    match read {
        Some(policy) if faults.is_empty() => Ok(policy),
        _ => Err(faults),
    }
}

fn whole(reader: &mut Reader, node: &Node) -> Policy {
    if matches!(node.value, Value::Nothing) {
        reader.fault(1, "the policy is empty. Name requesters and approvals; the shipped file shows how.");
        return Policy::default();
    }
    let top = reader.section(node, "the policy", &TOP);
    never_oneself(reader, &top);
    let expires_after =
        top.get("expires_after").and_then(|n| reader.duration(n, "expires_after")).unwrap_or(EXPIRES_AFTER);
    let mut reminders = reminders(reader, &top, expires_after);
    let escalation = top.get("escalation").and_then(|n| escalation(reader, n, &mut reminders, expires_after));
    Policy {
        requesters: rules(reader, &top, "requesters", true, requester_rule),
        approvals: approvals(reader, &top),
        auto_approvals: rules(reader, &top, "auto_approval", false, auto_rule),
        channels: channels(reader, &top),
        expires_after,
        reminders,
        escalation,
        open_requests: open_requests(reader, &top),
        no_operator: false,
    }
}

/// Reads a list of rules; when it is needed, a list that is missing is a fault.
fn rules<T>(
    reader: &mut Reader,
    top: &Section<'_>,
    key: &str,
    needed: bool,
    read: fn(&mut Reader, &Node) -> T,
) -> Vec<T> {
    match top.get(key) {
        Some(node) => reader.items(node, key).iter().map(|item| read(reader, item)).collect(),
        None if needed => {
            reader.fault(top.line, format!("{key} is missing, so nobody could use this policy. Add it."));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn never_oneself(reader: &mut Reader, top: &Section<'_>) {
    let Some(node) = top.get("self_approval") else { return };
    if reader.text(node, "self_approval").is_some_and(|text| text != "never" && text != "false") {
        reader
            .fault(node.line, "self_approval can only be `never`: nobody approves their own request. Remove the line.");
    }
}

fn requester_rule(reader: &mut Reader, node: &Node) -> RequesterRule {
    let section = reader.section(node, "an entry of requesters", &REQUESTER);
    let who = emails_like(reader, &section, "who");
    let listed = account_types(reader, &section);
    RequesterRule { who, account_types: if listed.is_empty() { AccountType::ALL.to_vec() } else { listed } }
}

fn approvals(reader: &mut Reader, top: &Section<'_>) -> Vec<ApprovalRule> {
    let rules = rules(reader, top, "approvals", true, approval_rule);
    let Some(Node { value: Value::List(items), .. }) = top.get("approvals") else { return rules };
    for item in items.iter().skip_while(|item| !matches_everything(item)).skip(1) {
        let never = "an earlier rule of approvals matches everything, so this one never counts. Move it up.";
        reader.fault(item.line, never);
    }
    rules
}

/// Judged by the keys that are there, not by what could be read of their values.
fn matches_everything(rule: &Node) -> bool {
    let Value::Map(entries) = &rule.value else { return false };
    !entries.iter().any(|(key, _)| SCOPE.contains(&key.name.as_str()))
}

fn approval_rule(reader: &mut Reader, node: &Node) -> ApprovalRule {
    let section = reader.section(node, "a rule of approvals", &APPROVAL);
    let approvals = section.get("approvals").map_or(Some(1), |n| reader.number(n, "approvals", &(1..=20)));
    let approvers = addresses(reader, &section, "approvers");
    let slack_groups =
        section.get("slack_groups").map(|n| reader.texts(n, "slack_groups", slack_group)).unwrap_or_default();
    let named = section.get("approvers").is_some() || section.get("slack_groups").is_some();
    if !named {
        reader.fault(section.line, "this rule names nobody. Add approvers or slack_groups.");
    }
    let approvals = approvals.unwrap_or(1);
    if named && slack_groups.is_empty() && approvals as usize > approvers.len() && !approvers.is_empty() {
        let line = section.line_of("approvals");
        let named = approvers.len();
        reader.fault(
            line,
            format!("{approvals} approvals are needed, and approvers named: {named}. Name more, or need fewer."),
        );
    }
    let who = section.get("team").and_then(|n| reader.text(n, "team")).map(str::to_owned);
    let who = who.unwrap_or_else(|| listed(approvers.iter().chain(&slack_groups)));
    let noun = if approvals == 1 { "approval" } else { "approvals" };
    let name = name(reader, &section);
    ApprovalRule {
        words: format!("{name}: {approvals} {noun} from {who}"),
        scope: scope(reader, &section),
        approvals,
        approvers,
        slack_groups,
    }
}

fn auto_rule(reader: &mut Reader, node: &Node) -> AutoRule {
    let section = reader.section(node, "a rule of auto_approval", &AUTO);
    let name = name(reader, &section);
    AutoRule {
        words: format!("{name}: approved by the policy, no person needed"),
        scope: scope(reader, &section),
        requesters: emails_like(reader, &section, "requesters"),
    }
}

/// The rule's own name, or one made from what it is about.
fn name(reader: &mut Reader, section: &Section<'_>) -> String {
    if let Some(node) = section.get("name") {
        return reader.text(node, "name").unwrap_or_default().to_owned();
    }
    let words = |key: &str| -> Option<String> {
        let Some(Node { value: Value::List(items), .. }) = section.get(key) else { return None };
        let texts = items
            .iter()
            .filter_map(|item| if let Value::Scalar(Scalar { text, .. }) = &item.value { Some(text) } else { None });
        Some(listed(texts))
    };
    let mut name = words("account_types").map_or_else(|| "All accounts".into(), |types| format!("{types} accounts"));
    if let Some(units) = words("organizational_units") {
        name = format!("{name} in {units}");
    }
    if let Some(blueprints) = words("blueprints") {
        name = format!("{name} with blueprint {blueprints}");
    }
    name
}

/// `a`, `a or b`, `a, b or c`.
fn listed<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let words: Vec<&str> = words.map(String::as_str).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn scope(reader: &mut Reader, section: &Section<'_>) -> Scope {
    let mut patterns = |key: &str| -> Vec<Pattern> {
        section.get(key).map(|node| reader.texts(node, key, Pattern::parse)).unwrap_or_default()
    };
    let organizational_units = patterns("organizational_units");
    let blueprints = patterns("blueprints");
    Scope { account_types: account_types(reader, section), organizational_units, blueprints }
}

fn account_types(reader: &mut Reader, section: &Section<'_>) -> Vec<AccountType> {
    let read = |text: &str| {
        AccountType::parse(text).ok_or_else(|| format!("`{text}` is no account type. Write Production or Sandbox."))
    };
    section.get("account_types").map(|node| reader.texts(node, "account_types", read)).unwrap_or_default()
}

/// A list of e-mail patterns that must be there.
fn emails_like(reader: &mut Reader, section: &Section<'_>, key: &str) -> Vec<EmailPattern> {
    let Some(node) = section.get(key) else {
        reader.fault(section.line, format!("{key} is missing. Name people, like [\"*@corp.example\"]."));
        return Vec::new();
    };
    reader.texts(node, key, EmailPattern::parse)
}

/// A list of e-mail addresses, each person once.
fn addresses(reader: &mut Reader, section: &Section<'_>, key: &str) -> Vec<String> {
    let Some(node) = section.get(key) else { return Vec::new() };
    let mut people: Vec<String> = Vec::new();
    for email in reader.texts(node, key, validate::person_email) {
        if people.iter().any(|known| same_email(known, &email)) {
            reader.fault(node.line, format!("{key}: {email} is named twice. Remove one."));
        } else {
            people.push(email);
        }
    }
    people
}

fn slack_group(text: &str) -> Result<String, String> {
    let handle = text.trim_start_matches('@');
    let good = !handle.is_empty() && handle.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    if good { Ok(handle.to_owned()) } else { Err(format!("`{text}` is no user group. Write its id or its handle.")) }
}

fn channels(reader: &mut Reader, top: &Section<'_>) -> Vec<Channel> {
    let read = |text: &str| {
        let known = CHANNELS.into_iter().find(|channel| channel.word() == text);
        known.ok_or_else(|| format!("`{text}` is no channel that decides. Known: mail, web, slack, api, cli."))
    };
    top.get("channels").map_or_else(|| CHANNELS.to_vec(), |node| reader.texts(node, "channels", read))
}

fn reminders(reader: &mut Reader, top: &Section<'_>, expires_after: Duration) -> Vec<Duration> {
    let Some(node) = top.get("reminders") else { return Vec::new() };
    // Written-out `[]` is the way to say "no reminders".
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        return Vec::new();
    }
    let mut times = reader.texts(node, "reminders", super::reader::duration);
    times.sort_unstable();
    times.dedup();
    if times.last().is_some_and(|last| *last >= expires_after) {
        reader.fault(node.line, "a reminder must come before expires_after. Make it earlier, or expires_after later.");
    }
    times
}

/// Reads `after_reminder`, or turns `after` into one more reminder at that time.
fn escalation(reader: &mut Reader, node: &Node, reminders: &mut Vec<Duration>, end: Duration) -> Option<Escalation> {
    let section = reader.section(node, "escalation", &ESCALATION);
    let to = addresses(reader, &section, "to");
    if section.get("to").is_none() {
        reader.fault(section.line, "escalation names nobody. Add to: [address], or remove it.");
    }
    let after_reminder = match (section.get("after_reminder"), section.get("after")) {
        (Some(nth), None) => {
            let last = u32::try_from(reminders.len()).unwrap_or(u32::MAX);
            if last == 0 {
                reader.fault(nth.line, "after_reminder needs reminders. Add some, or name a time with after.");
                return None;
            }
            reader.number(nth, "after_reminder", &(1..=last))?
        }
        (None, Some(node)) => {
            let after = reader.duration(node, "after")?;
            if after >= end {
                reader.fault(node.line, "after must come before expires_after. Make it earlier.");
            }
            let at = reminders.partition_point(|time| *time < after);
            if reminders.get(at) != Some(&after) {
                reminders.insert(at, after);
            }
            u32::try_from(at + 1).unwrap_or(u32::MAX)
        }
        _ => {
            reader.fault(section.line, "escalation needs either after_reminder (a number) or after (a time).");
            return None;
        }
    };
    Some(Escalation { after_reminder, to })
}

fn open_requests(reader: &mut Reader, top: &Section<'_>) -> usize {
    let limit = top.get("limits").and_then(|node| {
        let limits = reader.section(node, "limits", &["open_requests"]);
        limits.get("open_requests").and_then(|n| reader.number(n, "open_requests", &(1..=1000)))
    });
    limit.unwrap_or(OPEN_REQUESTS) as usize
}
