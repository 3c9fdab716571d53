//! The fields of a form body, decoded only when they are read: most never are, and
//! decoding all of them was a tenth of what an acknowledgement costs.

use std::borrow::Cow;

/// A field as it stands in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoded<'a> {
    pair: &'a str,
    value: &'a str,
}

impl<'a> Encoded<'a> {
    /// The value with `+` and `%XX` read; bytes that are no UTF-8 become U+FFFD.
    pub(super) fn decoded(self) -> Cow<'a, str> {
        if !self.value.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
            return Cow::Borrowed(self.value);
        }
        url::form_urlencoded::parse(self.pair.as_bytes()).next().map_or(Cow::Borrowed(""), |(_, value)| value)
    }

    /// The value, owned.
    pub(super) fn text(self) -> String {
        self.decoded().into_owned()
    }

    /// Whether the value is `1`, as Slack says yes.
    pub(super) fn is_set(self) -> bool {
        self.value == "1"
    }
}

/// The fields of these names that are not empty; of several with one name, the last.
/// Slack's names need no encoding, so an encoded name is none of these.
pub(super) fn fields<'a, const N: usize>(body: &'a str, names: [&str; N]) -> [Option<Encoded<'a>>; N] {
    let mut found = [None; N];
    for pair in body.split('&') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if let Some(place) = names.iter().position(|wanted| *wanted == name) {
            found[place] = (!value.is_empty()).then_some(Encoded { pair, value });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_as_a_browser_would_have_written_it() {
        let [text, url, plain, empty, absent] = fields(
            "text=a+b%26c%3D%C3%A9&url=x%3Fa=b&plain=C1&empty=&&odd",
            ["text", "url", "plain", "empty", "absent"],
        );
        assert_eq!(text.map(Encoded::text).as_deref(), Some("a b&c=é"));
        assert_eq!(url.map(Encoded::text).as_deref(), Some("x?a=b"));
        assert_eq!(plain.map(Encoded::text).as_deref(), Some("C1"));
        assert!(empty.is_none() && absent.is_none());
    }

    #[test]
    fn of_several_fields_with_one_name_the_last_counts() {
        let [last, none] = fields("a=1&a=2&b=3&b=", ["a", "b"]);
        assert_eq!(last.map(Encoded::text).as_deref(), Some("2"));
        assert!(none.is_none());
    }
}
