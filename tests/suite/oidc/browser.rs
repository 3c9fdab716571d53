//! A browser: keeps cookies, sends them back, follows to the issuer and home again.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::http::Method;
use regex::Regex;

use crate::fakes::issuer::PlayedIssuer;
use crate::fakes::world::{Answer, PUBLIC_URL, World};

pub struct Browser<'w> {
    world: &'w World,
    jar: Mutex<BTreeMap<String, String>>,
}

impl<'w> Browser<'w> {
    pub fn new(world: &'w World) -> Self {
        Self { world, jar: Mutex::default() }
    }

    /// One that went through the sign-in as this person.
    pub async fn signed_in(world: &'w World, issuer: &PlayedIssuer, email: &str) -> Self {
        let browser = Self::new(world);
        issuer.person(email);
        let end = browser.sign_in("/requests").await;
        assert_eq!((end.status, end.header("location")), (303, "/requests"), "{}", end.text());
        browser
    }

    /// Off to the issuer and back, to the answer of the callback.
    pub async fn sign_in(&self, to: &str) -> Answer {
        let back = self.at_the_issuer(to).await;
        self.get(&back).await
    }

    /// Off to the issuer; the address it sends back to, as a path.
    pub async fn at_the_issuer(&self, to: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
        let off = self.get(&format!("/sign-in?{query}")).await;
        assert_eq!(off.status, 303, "{}", off.text());
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let issuers = http.get(off.header("location")).send().await.unwrap();
        let back = issuers.headers()["location"].to_str().unwrap();
        back.strip_prefix(PUBLIC_URL).expect("an address of ours").to_owned()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], "").await
    }

    /// Posts a form as a browser does that was shown it here.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(path, fields, &[("origin", "null"), ("sec-fetch-site", "same-origin")]).await
    }

    pub async fn post_from(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.call(Method::POST, path, &[&form, headers].concat(), &body).await
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let cookies = self.cookies();
        let mut headers = headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        let answer = self.world.anyone().call(method, path, &headers, body.to_owned()).await;
        self.keep(&answer);
        answer
    }

    fn keep(&self, answer: &Answer) {
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            for rule in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
                assert!(set.contains(rule), "{set}");
            }
            assert!(set.starts_with("__Host-vend-") && !set.contains("Domain"), "{set}");
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.jar.lock().unwrap();
            if set.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Everything it keeps, as it is sent.
    pub fn cookies(&self) -> String {
        let jar = self.jar.lock().unwrap();
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// One cookie's value.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie into the jar, as somebody with the browser's tools can.
    pub fn put(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }
}

/// The page's own token in the form it shows.
pub fn form_token(page: &Answer) -> String {
    let found = Regex::new(r#"name="f" value="([0-9a-f]+)""#).unwrap();
    found.captures(&page.text()).unwrap_or_else(|| panic!("no form in {}", page.text()))[1].to_owned()
}
