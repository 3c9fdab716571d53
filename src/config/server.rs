//! Configuration of the process itself: where it listens, what it lets in, how it logs.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::parse;
use super::reader::Reader;
use super::secret::Secret;

/// Which part of the work this process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Answers people; cannot vend.
    Gateway,
    /// Runs the promised work.
    Worker,
    /// Both.
    All,
}

impl Role {
    /// The words of `server.role` and `vend serve --role`.
    pub const WORDS: [(&'static str, Self); 3] =
        [("gateway", Self::Gateway), ("worker", Self::Worker), ("all", Self::All)];

    /// Whether this process answers people.
    #[must_use]
    pub const fn answers(self) -> bool {
        matches!(self, Self::Gateway | Self::All)
    }

    /// Whether this process runs the promised work.
    #[must_use]
    pub const fn works(self) -> bool {
        matches!(self, Self::Worker | Self::All)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::WORDS.into_iter().find(|(word, _)| *word == text);
        found.map(|(_, role)| role).ok_or_else(|| "use `gateway`, `worker`, `all`.".to_owned())
    }
}

/// `[server]`.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Default `127.0.0.1:8080`; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where people reach the server; see [`Self::base_url`].
    pub public_url: Option<Url>,
    /// Default `all`.
    pub role: Role,
    /// Seals approvers' links; without it one is made and kept in the store.
    pub link_secret: Option<Secret>,
    /// Longest time for one HTTP request; default 15 s.
    pub request_timeout: Duration,
    /// Largest request body in bytes; default 262,144.
    pub max_body_bytes: usize,
    /// HTTP requests served at once; default 512.
    pub max_concurrent_requests: usize,
    /// HTTP requests one caller may make a minute; default 6,000.
    pub requests_per_minute: u32,
    /// Who is believed for whom they pass requests on, when callers are counted; default: nobody.
    pub trusted_proxies: Vec<IpNet>,
}

impl ServerConfig {
    pub(super) fn read_listen(from: &mut Reader) -> SocketAddr {
        from.value("server.listen", &parse::address)
    }

    pub(super) fn read(from: &mut Reader) -> Self {
        Self {
            listen: Self::read_listen(from),
            public_url: from.optional("server.public_url", &parse::web_address),
            role: from.value("server.role", &Role::parse),
            link_secret: from.secret("server.link_secret", &link_secret),
            request_timeout: from.value("server.request_timeout_seconds", &|text| parse::seconds(text, 0.1, 600.0)),
            max_body_bytes: from.value("server.max_body_bytes", &|text| parse::whole(text, 1024, 16_777_216)),
            max_concurrent_requests: from
                .value("server.max_concurrent_requests", &|text| parse::whole(text, 1, 100_000)),
            requests_per_minute: from.value("server.requests_per_minute", &|text| parse::whole(text, 1, 10_000_000)),
            trusted_proxies: from.list("server.trusted_proxies", &proxies),
        }
    }

    /// What links start with, without a slash at the end: the public address, or
    /// `bound`, the address really listened on.
    #[must_use]
    pub fn base_url(&self, bound: SocketAddr) -> String {
        let url = self.public_url.as_ref().map_or_else(|| format!("http://{bound}"), Url::to_string);
        url.trim_end_matches('/').to_owned()
    }
}

/// One address or a range of them, written so that nobody is trusted by mistake.
fn proxies(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let range = address.or_else(|_| text.parse::<IpNet>());
    let range = range.map_err(|_| "give an address or a range, like 10.0.1.5 or 10.0.0.0/16.".to_owned())?;
    let mapped = matches!(range.addr(), IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    if range.prefix_len() == 0 {
        return Err("it trusts everybody, and whoever is trusted may name another caller each time. \
                    Give the proxies' own addresses or subnets."
            .into());
    }
    if mapped {
        return Err("write it as the IPv4 address or range it is.".into());
    }
    if range != range.trunc() {
        return Err(format!("give {} for the whole range, or {} for the one address.", range.trunc(), range.addr()));
    }
    Ok(range)
}

fn link_secret(text: &str) -> Result<(), String> {
    if text.len() >= 32 { Ok(()) } else { Err("too short: give at least 32 characters.".into()) }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `[log]`.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Default `text`.
    pub format: LogFormat,
    /// A level, or a filter like `info,vend=debug`; default `info`.
    pub level: String,
}

const FORMATS: parse::Words<LogFormat> = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

impl LogConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        Self {
            format: from.value("log.format", &|text| parse::word(text, FORMATS)),
            level: from.value("log.level", &filter),
        }
    }
}

fn filter(text: &str) -> Result<String, String> {
    let parsed: Result<tracing_subscriber::EnvFilter, _> = text.parse();
    parsed.map(|_| text.to_owned()).map_err(|_| "use `error`, `warn`, `info`, `debug`, `trace`.".to_owned())
}
