//! The two kinds of text Slack knows, made so that a requester's words can
//! never become markup. `mrkdwn` can be built from this program's own words
//! only; everything else is `plain_text`, where Slack interprets nothing.

use jiff::Timestamp;
use serde::Serialize;

pub use crate::domain::text::one_line;

/// A text object. Its constructors are the only way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum Text {
    /// Shown as it is.
    #[serde(rename = "plain_text")]
    Plain {
        /// Cleaned and cut to the limit of where it stands.
        text: String,
        /// Whether `:smile:` becomes a picture; never for people's words.
        emoji: bool,
    },
    /// Slack's markup; never holds people's words.
    #[serde(rename = "mrkdwn")]
    Markup {
        /// The markup.
        text: String,
        /// Slack must not turn bare words into links and channel names.
        verbatim: bool,
    },
}

impl Text {
    /// Anybody's words, on one line, at most `limit` characters.
    #[must_use]
    pub fn line(words: &str, limit: usize) -> Self {
        Self::Plain { text: or_blank(cut(&one_line(words), limit)), emoji: false }
    }

    /// Anybody's words, line breaks kept, at most `limit` characters.
    #[must_use]
    pub fn lines(words: &str, limit: usize) -> Self {
        Self::Plain { text: or_blank(cut(&clean(words), limit)), emoji: false }
    }

    /// Markup written in this program. A literal, so nothing foreign can be in it.
    #[must_use]
    pub fn markup(words: &'static str) -> Self {
        Self::Markup { text: words.to_owned(), verbatim: true }
    }

    /// A moment, behind our own words, shown in each reader's own time zone.
    /// <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>
    #[must_use]
    pub fn moment(before: &'static str, at: Timestamp) -> Self {
        let (seconds, plain) = (at.as_second(), at.strftime("%Y-%m-%d %H:%M UTC"));
        let text = format!("{before} <!date^{seconds}^{{date_short_pretty}} at {{time}}|{plain}>");
        Self::Markup { text, verbatim: true }
    }
}

/// Slack refuses empty text objects.
fn or_blank(text: String) -> String {
    if text.trim().is_empty() { "–".to_owned() } else { text }
}

/// Escapes the three characters that mean something in `mrkdwn`, for the
/// top-level `text` of a message, which Slack always reads as markup.
#[must_use]
pub fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// [`one_line`] for each line, so that line breaks stay and nothing else does.
#[must_use]
pub fn clean(words: &str) -> String {
    words.lines().map(one_line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// At most `limit` characters, with an ellipsis where something was cut off.
/// Counted in UTF-16 units, the stricter of the two ways Slack's limits are read.
#[must_use]
pub fn cut(words: &str, limit: usize) -> String {
    if words.encode_utf16().count() <= limit {
        return words.to_owned();
    }
    let mut room = limit.saturating_sub(1);
    let mut kept: String = words
        .chars()
        .take_while(|c| {
            let fits = c.len_utf16() <= room;
            room = if fits { room - c.len_utf16() } else { 0 };
            fits
        })
        .collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_start_a_line_of_their_own() {
        let Text::Plain { text, emoji } = Text::line("ok\nApproved by: carol \u{202E}evil :tada:", 200) else {
            panic!("people's words are plain text");
        };
        assert_eq!(text, "ok Approved by: carol evil :tada:");
        assert!(!emoji);
    }

    #[test]
    fn cutting_counts_utf_16_and_never_splits_a_character() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("😀😀😀", 4), "😀…");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn escaped_words_have_no_markup_left() {
        assert_eq!(escape("a < b && <!channel>"), "a &lt; b &amp;&amp; &lt;!channel&gt;");
    }
}
