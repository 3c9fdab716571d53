//! What texts mean. Each function answers the value, or a sentence that says
//! what was expected.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

/// The choices of a key that takes one of a few words.
pub(super) type Words<T> = &'static [(&'static str, T)];

pub(super) fn word<T: Copy>(text: &str, words: Words<T>) -> Result<T, String> {
    let known = || words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| format!("use {}.", known()))
}

pub(super) fn text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("give a text that is not empty.".into()) } else { Ok(text.to_owned()) }
}

pub(super) fn path(given: &str) -> Result<PathBuf, String> {
    text(given).map(PathBuf::from)
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let spelled = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    spelled.as_deref().unwrap_or(text).parse().map_err(|_| "give an IP address and a port, like 127.0.0.1:8080.".into())
}

pub(super) fn web_address(text: &str) -> Result<Url, String> {
    let wanted = || "give a whole address, like https://vend.example.com.".to_owned();
    let url = Url::parse(text).map_err(|_| wanted())?;
    let plain = matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none();
    if plain && url.query().is_none() && url.fragment().is_none() { Ok(url) } else { Err(wanted()) }
}

/// Whether an address is this machine's own.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A whole number from `least` to `most`.
pub(super) fn whole<T: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<T, String> {
    let wanted = || format!("give a whole number from {least} to {most}.");
    let number = text.trim().replace('_', "").parse::<u64>().map_err(|_| wanted())?;
    if !(least..=most).contains(&number) {
        return Err(wanted());
    }
    T::try_from(number).map_err(|_| wanted())
}

/// A number of seconds, fractions allowed.
pub(super) fn seconds(text: &str, least: f64, most: f64) -> Result<Duration, String> {
    let wanted = || format!("give a number of seconds from {least} to {most}.");
    let number = text.trim().parse::<f64>().map_err(|_| wanted())?;
    if (least..=most).contains(&number) { Ok(Duration::from_secs_f64(number)) } else { Err(wanted()) }
}

pub(super) fn email(text: &str) -> Result<String, String> {
    let good = text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let plain = !text.contains([' ', '<', '>', '\n', '\r', ',']);
    if good && plain { Ok(text.to_owned()) } else { Err("give an e-mail address, like ana@example.com.".into()) }
}

/// A token or key that goes into one HTTP header.
pub(super) fn one_word(text: &str) -> Result<(), String> {
    let good = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if good { Ok(()) } else { Err("it has blanks or line breaks inside. Copy it again, on one line.".into()) }
}
