//! The grammar of `/account`. Pure; what a word does is the service's business.

/// What follows `/account`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Nothing: open the form.
    Form,
    /// Open the form for an account set.
    SetForm,
    /// Words for the conversation.
    Talk(String),
    /// How one request, or the newest of mine, is doing.
    Status(Option<String>),
    /// My requests.
    List,
    /// Take one back.
    Cancel(String),
    /// Say yes to one.
    Approve(String),
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

/// Reads the text behind `/account`. Never fails: what is not a verb is talk.
#[must_use]
pub fn parse(text: &str) -> Command {
    let text = text.trim();
    let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match (verb.to_ascii_lowercase().as_str(), looks_like_id(rest)) {
        ("", _) => Command::Form,
        ("new", _) if rest.is_empty() => Command::Form,
        ("new", _) => Command::Talk(rest.to_owned()),
        ("set", _) if rest.is_empty() => Command::SetForm,
        ("help", _) if rest.is_empty() => Command::Help,
        ("list", _) if rest.is_empty() => Command::List,
        ("status", _) if rest.is_empty() => Command::Status(None),
        ("status", Some((id, _))) => Command::Status(Some(id)),
        ("cancel", Some((id, _))) => Command::Cancel(id),
        ("approve", Some((id, _))) => Command::Approve(id),
        ("deny", Some((id, reason))) => Command::Deny(id, reason),
        ("retry", Some((id, _))) => Command::Retry(id),
        ("rollback", Some((id, stage))) => Command::Rollback(id, stage),
        ("rollback", None) if names_badly(rest) => Command::WhichOne("rollback"),
        ("status", None) if names_badly(rest) => Command::WhichOne("status"),
        ("cancel", None) if names_badly(rest) => Command::WhichOne("cancel"),
        ("approve", None) if names_badly(rest) => Command::WhichOne("approve"),
        ("deny", None) if names_badly(rest) => Command::WhichOne("deny"),
        ("retry", None) if names_badly(rest) => Command::WhichOne("retry"),
        _ => Command::Talk(text.to_owned()),
    }
}

/// Whether what follows a verb is no request: nothing, or an id with a slip in it.
/// That is not talk: it would answer whatever the conversation asked last.
fn names_badly(rest: &str) -> bool {
    rest.is_empty() || rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("req-"))
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
            ("new a sandbox please", Command::Talk("a sandbox please".into())),
            ("I need an account", Command::Talk("I need an account".into())),
            (" Set ", Command::SetForm),
            ("set up an account for me", Command::Talk("set up an account for me".into())),
            ("list", Command::List),
            ("HELP", Command::Help),
            ("status", Command::Status(None)),
            ("status REQ-6s7t8v9w", Command::Status(Some(id()))),
            ("cancel 6S7T8V9W", Command::Cancel(id())),
            ("approve req-6s7t8v9w", Command::Approve(id())),
            ("deny req-6s7t8v9w too big", Command::Deny(id(), Some("too big".into()))),
            ("deny req-6s7t8v9w", Command::Deny(id(), None)),
            ("retry", Command::WhichOne("retry")),
            ("rollback req-6s7t8v9w", Command::Rollback(id(), None)),
            ("rollback req-6s7t8v9w Preprod", Command::Rollback(id(), Some("Preprod".into()))),
            ("rollback", Command::WhichOne("rollback")),
            ("deny req-1 too big", Command::WhichOne("deny")),
            ("status req-", Command::WhichOne("status")),
            ("approve everything now", Command::Talk("approve everything now".into())),
        ] {
            assert_eq!(parse(text), command, "/account {text}");
        }
    }
}
