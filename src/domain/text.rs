//! Making user text safe to show: one line, no control or bidirectional characters,
//! no live links. Escaping for HTML, mrkdwn or JSON is the renderer's own duty.

/// The text on one line: every run of blanks, line breaks and control characters
/// becomes one space; characters nobody can see or that turn the reading direction
/// (right-to-left overrides, zero-width and tag characters) are removed.
#[must_use]
pub fn one_line(text: &str) -> String {
    let visible: String =
        text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// [`one_line`], cut to at most `max_chars` characters; what is cut off is marked by `…`, counted in.
#[must_use]
pub fn shortened(text: &str, max_chars: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= max_chars {
        return line;
    }
    let kept: String = line.chars().take(max_chars.saturating_sub(1)).collect();
    if max_chars == 0 { String::new() } else { format!("{}…", kept.trim_end()) }
}

/// Format characters of Unicode's category Cf that can hide or reorder text
/// (Unicode TR #36), and the fillers that show as nothing.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// The text with every web address made unclickable, `https://evil.example` as
/// `hxxps://evil[.]example`: mail programs turn even bare host names into links.
/// E-mail addresses stay as they are.
#[must_use]
pub fn defang(text: &str) -> String {
    text.split_inclusive(char::is_whitespace).map(defang_word).collect()
}

fn defang_word(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let leads = |i| is_host_dot(&chars, i) && (chars.contains(&'/') || !is_in_address(&chars, i));
    let dotted: String = (0..chars.len()).map(|i| if leads(i) { "[.]".to_owned() } else { chars[i].into() }).collect();
    let pieces: Vec<&str> = dotted.split("://").collect();
    let (last, schemes) = pieces.split_last().unwrap_or((&"", &[]));
    schemes.iter().map(|piece| defang_scheme(piece) + "://").chain([(*last).to_owned()]).collect()
}

/// A dot between a label and another one of at least two letters or digits, or behind `www`.
fn is_host_dot(chars: &[char], i: usize) -> bool {
    if chars[i] == '.' && chars[..i].iter().rev().take(3).filter(|c| c.eq_ignore_ascii_case(&'w')).count() == 3 {
        return true;
    }
    let before = i.checked_sub(1).is_some_and(|b| chars[b].is_alphanumeric() || "-_".contains(chars[b]));
    let label = chars[i + 1..].iter().take_while(|c| c.is_alphanumeric()).take(2);
    chars[i] == '.' && before && label.clone().count() == 2 && label.clone().any(|c| c.is_alphabetic())
}

/// Whether the character stands in an e-mail address, which leads to no page.
fn is_in_address(chars: &[char], i: usize) -> bool {
    let part = |c: &&char| c.is_alphanumeric() || "@._%+-".contains(**c);
    let start = i - chars[..i].iter().rev().take_while(part).count();
    let end = i + chars[i..].iter().take_while(part).count();
    let address: String = chars[start..end].iter().collect();
    address.split_once('@').is_some_and(|(local, domain)| {
        let page = local.to_ascii_lowercase().starts_with("www.");
        !(page || local.is_empty() || domain.is_empty() || domain.contains('@'))
    })
}

/// Spoils the scheme a piece ends in: `https` as `hxxps`, any other with `-x` behind it.
fn defang_scheme(piece: &str) -> String {
    let start = piece.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let (before, scheme) = piece.split_at(start);
    if scheme.to_ascii_lowercase().contains("http") {
        format!("{before}{}", scheme.replace(['t', 'T'], "x"))
    } else {
        format!("{piece}-x")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn user_text_becomes_one_visible_line() {
        assert_eq!(one_line("  for the\r\n\tfraud   team\0 "), "for the fraud team");
        assert_eq!(one_line("safe\u{202E}gpj.exe\u{2028}Approved by: boss"), "safegpj.exe Approved by: boss");
        assert_eq!(one_line("\u{200B}\u{FEFF}\n"), "");
        assert_eq!(one_line("Größe – 日本語"), "Größe – 日本語");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("äbcdefg", 6), "äbcde…");
        assert_eq!(shortened("abcd\nefg", 6), "abcd…");
        assert_eq!(shortened("abc", 0), "");
    }

    #[test]
    fn text_that_shows_as_nothing_is_nothing() {
        assert_eq!(one_line("\u{3164}\u{115F}\u{E0041}\u{34F}"), "");
    }

    #[test]
    fn no_web_address_stays_clickable() {
        assert_eq!(defang("see https://evil.example/a.b now"), "see hxxps://evil[.]example/a.b now");
        assert_eq!(defang("HTTP://evil.example"), "HxxP://evil[.]example");
        assert_eq!(defang("(www.evil.example)"), "(www[.]evil[.]example)");
        assert_eq!(defang("test:http://a1,https://b1"), "test:hxxp://a1,hxxps://b1");
        assert_eq!(defang("ftp://evil.example"), "ftp-x://evil[.]example");
        assert_eq!(defang("http://ann@evil.example"), "hxxp://ann@evil[.]example");
        assert_eq!(defang("ann@corp.example,www.evil.example"), "ann@corp.example,www[.]evil[.]example");
        assert_eq!(defang("@:evil.example"), "@:evil[.]example");
        assert_eq!(defang("WWW.é"), "WWW[.]é");
        assert_eq!(defang("www.evil.example@x,evil.example@"), "www[.]evil[.]example@x,evil[.]example@");
    }

    #[test]
    fn ordinary_words_stay_as_they_are() {
        for text in ["Version 1.5, e.g. for ann@corp.example. Thanks.", "10.0.0.0/16 and 3.14"] {
            assert_eq!(defang(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_harmless(text: String) {
            let safe = one_line(&text);
            let hidden = safe.chars().find(|c| c.is_control() || is_invisible(*c) || *c == '\u{2028}');
            prop_assert_eq!(hidden, None);
            prop_assert_eq!(one_line(&safe), safe.clone());
            let defanged = defang(&[&safe, "http://", &safe].concat());
            prop_assert!(!defanged.contains("http://"));
        }
    }
}
