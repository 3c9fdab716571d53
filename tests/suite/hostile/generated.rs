//! Hostile input by the dozen: calls, and JSON that is right but for one part.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::fakes::world::sandbox;

/// One call as it was made up.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub target: Uri,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Call {
    /// As it is sent.
    pub fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone();
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                request.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        request
    }
}

/// Calls of one method on one route; `id` is that of a request there is.
pub fn calls(method: Method, template: &str, id: &str) -> impl Strategy<Value = Call> + use<> {
    let template = template.to_owned();
    let parts = (names(id.to_owned()), names("cdk-app.yml".to_owned()), query(), headers(), body());
    parts.prop_map(move |(id, name, query, headers, body)| {
        let path = template.replace("{id}", &id).replace("{name}", &name);
        let target = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        // What no URI can hold is for the raw sockets.
        let target = target.parse().unwrap_or_else(|_| Uri::from_static("/%F0%9F%92%A3"));
        Call { method: method.clone(), target, headers, body }
    })
}

fn encoded(text: impl AsRef<[u8]>) -> String {
    byte_serialize(text.as_ref()).collect()
}

fn names(right: String) -> impl Strategy<Value = String> {
    let known = ["%FF", "%00", "..%2F..%2Fetc%2Fpasswd", "req-00000000", "'%20OR%201=1", "none", "%E2%80%AE", ".", "-"];
    prop_oneof![
        3 => Just(right),
        2 => select(known.to_vec()).prop_map(str::to_owned),
        1 => vec(any::<u8>(), 1..40).prop_map(encoded),
        1 => "\\PC{1,20}".prop_map(encoded),
        1 => (1_000..9_000_usize).prop_map(|length| "a".repeat(length)),
    ]
}

fn query() -> impl Strategy<Value = Option<String>> {
    let names = ["t", "state", "before", "limit", "cursor", "requester", "waiting_for", "after", "decision"];
    let known = vec((select(names.to_vec()), text()), 1..4)
        .prop_map(|pairs| Serializer::new(String::new()).extend_pairs(pairs).finish());
    let bytes = vec(any::<u8>(), 0..30).prop_map(|bytes| format!("t={}", encoded(bytes)));
    prop::option::of(prop_oneof![known, bytes, Just("state=pending&state=ready".to_owned()), Just("&&=%".to_owned())])
}

/// Headers that somebody reads, each with values that are right, odd or wrong.
const HEADERS: [(&str, &[&str]); 13] = [
    ("accept", &["text/html,application/xhtml+xml,*/*;q=0.8", "application/json", "text/event-stream", "*/*", ";;,"]),
    ("content-type", &["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/", ""]),
    ("authorization", &["Bearer", "Bearer  ", "Bearer vendtok_x", "Basic YTpi", "bearer token-of-ada"]),
    ("host", &["127.0.0.1:8080", "evil.example", "[::1", "a@b", ""]),
    ("origin", &["null", "http://127.0.0.1:8080", "https://evil.example"]),
    ("idempotency-key", &["k", "k k", ""]),
    ("last-event-id", &["1", "-1", "18446744073709551616", "x"]),
    ("x-slack-signature", &["v0=", "v0=00", "v1=x"]),
    ("x-slack-request-timestamp", &["0", "-1", "1e9", "99999999999999999999"]),
    ("x-forwarded-for", &["127.0.0.1", "::"]),
    ("content-encoding", &["gzip", "br"]),
    ("range", &["bytes=0-1", "bytes=9-1,,"]),
    ("expect", &["100-continue", "tea"]),
];

fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let one = select(HEADERS.to_vec()).prop_flat_map(|(name, known)| {
        let value = prop_oneof![
            6 => select(known).prop_map(|value| value.as_bytes().to_vec()),
            1 => vec(any::<u8>(), 0..60),
            1 => Just(vec![b'x'; 5_000]),
        ];
        (Just(name), value)
    });
    vec(one, 0..5)
}

/// Any text, with a liking for what hurts.
pub fn text() -> impl Strategy<Value = String> {
    let hurts =
        ["", " ", "\u{0}", "\u{202e}", "<!channel>", "{}", "null", "pending", "-1", "9999999999999999999999999999"];
    prop_oneof![
        select(hurts.to_vec()).prop_map(str::to_owned),
        "\\PC{0,40}",
        ".{0,40}",
        (1_000..6_000_usize).prop_map(|length| "é".repeat(length)),
    ]
}

/// Any small JSON value.
pub fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => select(vec![json!(null), json!(true), json!([]), json!({}), json!([[{}]]), json!({"": null}), Value::from(vec![""; 300])]),
    ]
}

/// `right` with one of its parts, at any depth, replaced.
pub fn altered(mut right: Value, at: Index, by: Value) -> Value {
    let places = places(&right, "");
    if let Some(place) = right.pointer_mut(at.get(places.as_slice()).as_str()) {
        *place = by;
    }
    right
}

fn places(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<String> = match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| places(field, &format!("{at}/{}", name.replace('/', "~1"))))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(nth, item)| places(item, &format!("{at}/{nth}"))).collect()
        }
        _ => Vec::new(),
    };
    [vec![at.to_owned()], below].concat()
}

/// Bodies that would be taken if nothing were done to them.
fn right() -> Vec<Value> {
    let turn =
        json!({"UserEmail": "ada@example.com", "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": "Hi"});
    let mut full = sandbox("ada+hostile@example.com");
    full["blueprint"] = "sagemaker-sandbox".into();
    full["blueprint_parameters"] = json!({"VpcCidr": "10.0.0.0/16"});
    full["tags"] = json!({"cost-centre": "CC-1"});
    full["account_name"] = "ada-hostile".into();
    let retry = json!({"reason": "x", "blueprint_parameters": {"VpcCidr": "10.0.0.0/16"}});
    vec![turn, full, json!({"decision": "deny", "reason": "no"}), retry]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let near = (select(right()), any::<Index>(), leaf()).prop_map(|(right, at, by)| altered(right, at, by).to_string());
    let cut = (select(right()), any::<Index>()).prop_map(|(right, at)| {
        let text = right.to_string();
        text.as_bytes()[..at.index(text.len())].to_vec()
    });
    let fields = select(vec!["t", "decision", "reason", "account_name", "payload"]);
    let form = vec((fields, text()), 0..5);
    let form = form.prop_map(|pairs| Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes());
    prop_oneof![
        6 => near.prop_map(String::into_bytes),
        2 => cut,
        2 => form,
        2 => vec(any::<u8>(), 0..200),
        1 => Just(Vec::new()),
        1 => Just("[".repeat(50_000).into_bytes()),
        1 => Just(vec![b' '; 300_000]),
    ]
}
