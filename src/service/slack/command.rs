//! The grammar of `/account`. Pure; what a word does is the service's business.

/// What follows `/account`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Nothing: open the form.
    Form,
    /// Open the form for an account set.
    SetForm,
    /// Words that begin a conversation; one that was open is dropped.
    New(String),
    /// Words for the conversation that is open, or for a new one.
    Talk(String),
    /// How one request, or the newest of mine, is doing.
    Status(Option<String>),
    /// My requests.
    List,
    /// Take one back, with the reason if it was given.
    Cancel(String, Option<String>),
    /// Say yes to one, with what was written to it.
    Approve(String, Option<String>),
    /// Say no to one, with the reason if it was given.
    Deny(String, Option<String>),
    /// Run the failed step of one again.
    Retry(String),
    /// Undo the failed blueprint of one, or of one account of a set, named by its stage.
    Rollback(String, Option<String>),
    /// A verb that needs an id came without one, or with one that cannot be.
    WhichOne(&'static str),
    /// What can be said.
    Help,
}

impl Command {
    /// The request it is about, as it was named.
    pub fn about(&mut self) -> Option<&mut String> {
        match self {
            Self::Status(id) => id.as_mut(),
            Self::Cancel(id, _)
            | Self::Approve(id, _)
            | Self::Deny(id, _)
            | Self::Retry(id)
            | Self::Rollback(id, _) => Some(id),
            _ => None,
        }
    }
}

/// The verbs that are about one request.
const ABOUT_ONE: [&str; 6] = ["status", "cancel", "approve", "deny", "retry", "rollback"];

/// Reads the text behind `/account`. Never fails: what begins with no verb is talk. What begins with
/// one is never talk: it would answer whatever the conversation asked last.
#[must_use]
pub fn parse(text: &str) -> Command {
    let text = text.trim();
    let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (verb, rest) = (verb.to_ascii_lowercase(), rest.trim());
    match verb.as_str() {
        "" => Command::Form,
        "new" if rest.is_empty() => Command::Form,
        "new" => Command::New(rest.to_owned()),
        "set" if rest.is_empty() => Command::SetForm,
        "help" => Command::Help,
        "list" => Command::List,
        "status" if rest.is_empty() => Command::Status(None),
        verb => match (ABOUT_ONE.iter().find(|known| **known == verb), looks_like_id(rest)) {
            (Some(verb), Some((id, behind))) => about_one(verb, id, behind),
            (Some(verb), None) => Command::WhichOne(verb),
            (None, _) => Command::Talk(text.to_owned()),
        },
    }
}

fn about_one(verb: &'static str, id: String, behind: Option<String>) -> Command {
    match verb {
        "cancel" => Command::Cancel(id, behind.as_deref().and_then(reason)),
        "approve" => Command::Approve(id, behind.as_deref().and_then(reason)),
        "deny" => Command::Deny(id, behind.as_deref().and_then(reason)),
        "retry" => Command::Retry(id),
        "rollback" => Command::Rollback(id, behind),
        _ => Command::Status(Some(id)),
    }
}

/// What was said behind an id, without the "because" that the help teaches.
fn reason(said: &str) -> Option<String> {
    let (first, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    let because = first.trim_end_matches([':', ',']).eq_ignore_ascii_case("because");
    let reason = if because { rest.trim() } else { said };
    (!reason.is_empty()).then(|| reason.to_owned())
}

/// The first word when it can be an id, and what stands behind it.
fn looks_like_id(rest: &str) -> Option<(String, Option<String>)> {
    let (id, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let id: crate::domain::ids::RequestRef = id.parse().ok()?;
    let id = match id {
        crate::domain::ids::RequestRef::Full(id) => id.to_string(),
        crate::domain::ids::RequestRef::Short(key) => format!("req-{key}"),
    };
    let behind = behind.trim();
    Some((id, (!behind.is_empty()).then(|| behind.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_ids_and_everything_else() {
        let id = || "req-6s7t8v9w".to_owned();
        for (text, command) in [
            ("", Command::Form),
            ("  new ", Command::Form),
            ("new a sandbox please", Command::New("a sandbox please".into())),
            ("I need an account", Command::Talk("I need an account".into())),
            (" Set ", Command::SetForm),
            ("set up an account for me", Command::Talk("set up an account for me".into())),
            ("list", Command::List),
            ("list all", Command::List),
            ("HELP", Command::Help),
            ("status", Command::Status(None)),
            ("status REQ-6s7t8v9w", Command::Status(Some(id()))),
            ("cancel 6S7T8V9W", Command::Cancel(id(), None)),
            ("cancel req-6s7t8v9w because it is over", Command::Cancel(id(), Some("it is over".into()))),
            ("cancel my request", Command::WhichOne("cancel")),
            ("approve req-6s7t8v9w", Command::Approve(id(), None)),
            ("approve req-6s7t8v9w fine", Command::Approve(id(), Some("fine".into()))),
            ("deny req-6s7t8v9w too big", Command::Deny(id(), Some("too big".into()))),
            ("deny req-6s7t8v9w Because: too big", Command::Deny(id(), Some("too big".into()))),
            ("deny req-6s7t8v9w because", Command::Deny(id(), None)),
            ("deny req-6s7t8v9w", Command::Deny(id(), None)),
            ("retry", Command::WhichOne("retry")),
            ("rollback req-6s7t8v9w", Command::Rollback(id(), None)),
            ("rollback req-6s7t8v9w Preprod", Command::Rollback(id(), Some("Preprod".into()))),
            ("rollback", Command::WhichOne("rollback")),
            ("deny req-1 too big", Command::WhichOne("deny")),
            ("status req-", Command::WhichOne("status")),
            ("approve everything now", Command::WhichOne("approve")),
        ] {
            assert_eq!(parse(text), command, "/account {text}");
        }
    }
}
