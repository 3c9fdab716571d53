//! What a person meant by the text Slack sent: Slack wraps addresses, links and
//! mentions in markup and escapes three characters. Pure.
//! <https://docs.slack.dev/messaging/formatting-message-text>

/// The words as the person typed them, without mentions of `bot`.
#[must_use]
pub fn plain(text: &str, bot: Option<&str>) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else { break };
        words.push_str(&rest[..start]);
        words.push_str(&unwrapped(&rest[start + 1..start + length], bot));
        rest = &rest[start + length + 1..];
    }
    words.push_str(rest);
    unescape(&words).trim().to_owned()
}

/// The inside of one `<…>`.
fn unwrapped(inside: &str, bot: Option<&str>) -> String {
    let (target, label) = inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
    if let Some(user) = target.strip_prefix('@') {
        return if Some(user) == bot { " ".to_owned() } else { format!("@{}", label.unwrap_or(user)) };
    }
    if let Some(channel) = target.strip_prefix('#') {
        return format!("#{}", label.unwrap_or(channel));
    }
    if let Some(special) = target.strip_prefix('!') {
        return format!("@{}", label.unwrap_or(special));
    }
    if let Some(address) = target.strip_prefix("mailto:") {
        return address.to_owned();
    }
    // Slack turns a bare `corp.example` into a link; the label is what was typed.
    label.unwrap_or(target).to_owned()
}

fn unescape(words: &str) -> String {
    words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Whether the text mentions `user`.
#[must_use]
pub fn mentions(text: &str, user: &str) -> bool {
    text.contains(&format!("<@{user}>")) || text.contains(&format!("<@{user}|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_what_was_typed() {
        for (slack, typed) in [
            ("<@UBOT> I need an account", "I need an account"),
            ("use <mailto:a+b@corp.example|a+b@corp.example> please", "use a+b@corp.example please"),
            ("for <http://corp.example|corp.example>", "for corp.example"),
            ("ask <@U1|ann> in <#C1|ops> &amp; wait &lt;soon&gt;", "ask @ann in #ops & wait <soon>"),
            ("<!channel> broken <tail", "@channel broken <tail"),
            ("", ""),
        ] {
            assert_eq!(plain(slack, Some("UBOT")), typed);
        }
    }

    #[test]
    fn a_mention_is_found_in_both_forms() {
        assert!(mentions("hi <@UBOT>", "UBOT") && mentions("<@UBOT|vend> hi", "UBOT"));
        assert!(!mentions("hi <@UBOTTOM>", "UBOT"));
    }
}
