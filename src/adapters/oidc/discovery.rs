//! What an issuer says of itself (OpenID Connect Discovery §4). Pure.

use serde::Deserialize;
use url::Url;

use crate::config::is_loopback;

/// The issuer's document, as far as it is used.
#[derive(Debug, Clone, Deserialize)]
pub struct Discovery {
    issuer: String,
    /// Where browsers sign in.
    pub authorization_endpoint: Url,
    /// Where codes are redeemed.
    pub token_endpoint: Url,
    /// Where a person's address is, when it is not in the ID token.
    pub userinfo_endpoint: Option<Url>,
    /// Where its keys are.
    pub jwks_uri: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    /// `None` where it does not say, although it may do it.
    pub code_challenge_methods_supported: Option<Vec<String>>,
}

/// Where the document is.
#[must_use]
pub fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Discovery {
    /// Reads the document of `issuer`, which must say that it is.
    ///
    /// # Errors
    /// A text for the operator.
    pub fn read(body: &[u8], issuer: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(body)
            .map_err(|_| "its discovery document lacks an endpoint, or is no JSON".to_owned())?;
        if read.issuer != issuer {
            // Compared letter by letter, as the standard says: a slash at the end makes another issuer.
            return Err(format!("it calls itself {}, and not {issuer}", shortened(&read.issuer)));
        }
        let local = Url::parse(issuer).is_ok_and(|url| is_loopback(&url));
        let endpoints = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
        let unsafe_one = endpoints.into_iter().chain(&read.userinfo_endpoint).find(|url| !is_safe(url, local));
        match unsafe_one {
            Some(url) => Err(format!("its endpoint {} is not https", shortened(url.as_str()))),
            None => Ok(read),
        }
    }

    /// Whether a client's secret is sent in the form; by default it goes into a header.
    #[must_use]
    pub fn takes_secret_in_form(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |name: &str| methods.iter().any(|method| method == name);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

fn is_safe(url: &Url, local: bool) -> bool {
    url.scheme() == "https" || (local && url.scheme() == "http" && is_loopback(url))
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(issuer: &str, base: &str) -> Value {
        json!({"issuer": issuer, "authorization_endpoint": format!("{base}/a"), "token_endpoint": format!("{base}/t"),
               "jwks_uri": format!("{base}/k")})
    }

    fn read(document: &Value, issuer: &str) -> Result<Discovery, String> {
        Discovery::read(document.to_string().as_bytes(), issuer)
    }

    #[test]
    fn an_issuer_must_call_itself_what_it_is_called_here() {
        let own = "https://login.example.com/";
        assert!(read(&document(own, "https://login.example.com"), own).is_ok());
        for other in ["https://login.example.com", "https://login.example.com/x", "https://LOGIN.example.com/"] {
            assert!(read(&document(other, "https://login.example.com"), own).unwrap_err().contains("calls itself"));
        }
    }

    #[test]
    fn endpoints_without_tls_are_for_issuers_on_this_machine_alone() {
        let own = "https://login.example.com/";
        let mut plain = document(own, "https://login.example.com");
        plain["jwks_uri"] = json!("http://login.example.com/k");
        assert!(read(&plain, own).unwrap_err().contains("not https"));
        plain["jwks_uri"] = json!("http://127.0.0.1/k");
        assert!(read(&plain, own).is_err());
        let local = "http://127.0.0.1:4000";
        assert!(read(&document(local, local), local).is_ok());
        assert!(read(&document(local, "http://192.0.2.1"), local).is_err());
    }

    #[test]
    fn a_secret_goes_into_the_form_only_where_the_header_is_not_taken() {
        let own = "https://login.example.com";
        for (methods, form) in [
            (json!([]), false),
            (json!(["client_secret_basic", "client_secret_post"]), false),
            (json!(["client_secret_post"]), true),
        ] {
            let mut document = document(own, own);
            document["token_endpoint_auth_methods_supported"] = methods;
            assert_eq!(read(&document, own).unwrap().takes_secret_in_form(), form);
        }
    }
}
