//! The HTTP end of a played AWS service: reads a call, has it answered, and keeps
//! every call for the check against AWS's own models (`VEND_RECORD_CALLS` names
//! the folder; one JSON line a call).

use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use futures::FutureExt as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Call {
    /// The operation of the JSON protocols, behind the dot of `x-amz-target`.
    pub fn target(&self) -> Option<&str> {
        let target = self.headers.get("x-amz-target")?.to_str().ok()?;
        target.rsplit_once('.').map(|(_, operation)| operation)
    }

    /// The body as JSON; an empty one is an empty object.
    pub fn json(&self) -> Value {
        if self.body.is_empty() { json!({}) } else { serde_json::from_slice(&self.body).expect("a JSON body") }
    }

    /// A field of the query protocols' form body (`Action`, `StackName`, …).
    pub fn field(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The access key that signed it: how a fake knows which role calls.
    pub fn access_key(&self) -> Option<String> {
        let header = self.headers.get("authorization")?.to_str().ok()?;
        let (_, rest) = header.split_once("Credential=")?;
        rest.split('/').next().map(ToOwned::to_owned)
    }

    /// The region it is signed for, which is the one it was sent to.
    pub fn region(&self) -> Option<String> {
        let header = self.headers.get("authorization")?.to_str().ok()?;
        let (_, rest) = header.split_once("Credential=")?;
        rest.split('/').nth(2).map(ToOwned::to_owned)
    }
}

/// What a played service says.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 200 with JSON.
    Json(Value),
    /// 200 with XML (the query protocols).
    Xml(String),
    /// An error of the JSON protocols.
    Error { status: u16, kind: &'static str, message: String },
    /// An error of the JSON protocols that carries more than a message; the body names its `__type`.
    JsonError { status: u16, body: Value },
    /// An error of the query protocols.
    XmlError { status: u16, code: &'static str, message: String },
    /// The connection breaks before any answer.
    Dropped,
}

impl Answer {
    pub fn refused(kind: &'static str, message: impl Into<String>) -> Self {
        Self::Error { status: 400, kind, message: message.into() }
    }
}

/// A played service.
#[async_trait]
pub trait Played: Send + Sync + 'static {
    /// Its name in AWS's models, like `servicecatalog`.
    fn name(&self) -> &'static str;
    /// The same for one call, where several services are played behind one endpoint.
    fn name_of(&self, _call: &Call) -> &'static str {
        self.name()
    }
    /// What its JSON answers are; `DynamoDB` and a few others speak 1.0.
    fn content_type(&self) -> &'static str {
        "application/x-amz-json-1.1"
    }
    /// Answers one call. Panics on what our adapters never send.
    async fn answer(&self, call: Call) -> Answer;
}

/// A running fake; it stops when dropped. A call the fake panicked on fails the test
/// then, however well the adapter took the broken answer.
pub struct Endpoint {
    pub url: String,
    server: JoinHandle<()>,
    panicked: Arc<Mutex<Option<String>>>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
        let panicked = self.panicked.lock().map(|mut said| said.take()).ok().flatten();
        if let Some(said) = panicked.filter(|_| !std::thread::panicking()) {
            panic!("a played service was asked what it does not answer: {said}");
        }
    }
}

impl Endpoint {
    /// Plays the service on a free loopback port.
    pub async fn start(service: Arc<dyn Played>) -> Self {
        Self::serve(service, true).await
    }

    /// The same for calls that are not our adapters', such as a fake's own tests.
    pub async fn start_unrecorded(service: Arc<dyn Played>) -> Self {
        Self::serve(service, false).await
    }

    async fn serve(service: Arc<dyn Played>, recorded: bool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let panicked = Arc::new(Mutex::new(None));
        let said = Arc::clone(&panicked);
        let router = axum::Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let (service, said) = (Arc::clone(&service), Arc::clone(&said));
            async move {
                let query = uri.query().unwrap_or_default().to_owned();
                let call = Call { method, path: uri.path().to_owned(), query, headers, body };
                if recorded {
                    record(service.name_of(&call), &call);
                }
                match AssertUnwindSafe(service.answer(call)).catch_unwind().await {
                    Ok(answer) => response(answer, service.content_type()),
                    Err(panic) => {
                        *said.lock().unwrap() = Some(words(&*panic));
                        reply(501, "text/plain", "the played service panicked".to_owned())
                    }
                }
            }
        });
        // DynamoDB takes 4 MB and more; axum's own limit is 2 MB.
        let router = router.layer(axum::extract::DefaultBodyLimit::disable());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, server, panicked }
    }

    /// What our adapters' clients are made from: this endpoint, made-up credentials.
    pub fn sdk(&self) -> SdkConfig {
        sdk(&self.url)
    }
}

/// What clients of the service at `url` are made from, with made-up credentials.
pub fn sdk(url: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDTEST", "made-up", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words").to_owned()
}

fn response(answer: Answer, json_type: &str) -> Response<Body> {
    match answer {
        Answer::Json(value) => reply(200, json_type, value.to_string()),
        Answer::JsonError { status, body } => reply(status, json_type, body.to_string()),
        Answer::Xml(text) => reply(200, "text/xml", text),
        Answer::Error { status, kind, message } => {
            let body = json!({ "__type": kind, "message": message, "Message": message });
            let mut response = reply(status, json_type, body.to_string());
            response.headers_mut().insert("x-amzn-errortype", kind.parse().unwrap());
            response
        }
        Answer::XmlError { status, code, message } => {
            let message = message.replace('&', "&amp;").replace('<', "&lt;");
            let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
            reply(status, "text/xml", format!("<ErrorResponse>{error}<RequestId>made-up</RequestId></ErrorResponse>"))
        }
        Answer::Dropped => {
            let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped")) });
            Response::new(Body::from_stream(broken))
        }
    }
}

fn reply(status: u16, kind: &str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", kind.parse().unwrap());
    response
}

fn record(service: &str, call: &Call) {
    let Some(folder) = std::env::var_os("VEND_RECORD_CALLS").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    // Credentials are made up, but what is a credential is not written down out of habit.
    let said =
        call.headers.iter().filter(|(name, _)| !["authorization", "x-amz-security-token"].contains(&name.as_str()));
    let headers: serde_json::Map<String, Value> =
        said.filter_map(|(name, value)| Some((name.to_string(), json!(value.to_str().ok()?)))).collect();
    let line = json!({
        "service": service,
        "method": call.method.as_str(),
        "path": call.path,
        "query": call.query,
        "target": call.headers.get("x-amz-target").and_then(|value| value.to_str().ok()),
        "headers": headers,
        "body": String::from_utf8_lossy(&call.body),
    });
    let path = folder.join(format!("{service}.jsonl"));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    // One write a line: lines of tests that run at once do not mix.
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}
