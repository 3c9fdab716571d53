//! A fresh table in a played DynamoDB, with somebody on the line who loses answers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::Bytes;
use futures::future::BoxFuture;
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::dynamodb::{self, DynamoStore};

use crate::fakes::aws::dynamodb::PlayedDynamoDb;
use crate::fakes::aws::wire::{Answer, Call, Endpoint, Played};
use crate::fakes::clock::TestClock;

/// The only table's name.
pub const TABLE: &str = "vend";

/// A store on an empty table, with a hand on what DynamoDB does.
pub struct PlayedTable {
    pub store: Arc<DynamoStore>,
    pub clock: TestClock,
    pub service: Arc<PlayedDynamoDb>,
    pub line: Arc<Line>,
    connection: Connection,
    _endpoint: Endpoint,
}

impl PlayedTable {
    /// Makes the table as `vend store create` does.
    pub async fn new() -> Self {
        let service = Arc::new(PlayedDynamoDb::default());
        let line = Arc::new(Line { service: Arc::clone(&service), bad: Mutex::default(), twice: Mutex::default() });
        let endpoint = Endpoint::start(Arc::clone(&line) as Arc<dyn Played>).await;
        let connection = Connection::over(&endpoint.sdk());
        dynamodb::create(&connection, TABLE).await.expect("a new table");
        let clock = TestClock::default();
        let store = DynamoStore::open(&connection, TABLE, Arc::new(clock.clone())).await.expect("a fit table");
        Self { store: Arc::new(store), clock, service, line, connection, _endpoint: endpoint }
    }

    /// One more process on the same table.
    pub fn another(&self) -> DynamoStore {
        DynamoStore::over(&self.connection, TABLE, Arc::new(self.clock.clone()))
    }

    /// The next answer to a call with this text is lost, after `meanwhile` has happened;
    /// and its request token is not remembered, as after ten minutes: only what the store
    /// itself knows tells the second copy from the first.
    pub fn lose(&self, containing: &str, meanwhile: impl Future<Output = ()> + Send + 'static) {
        *self.line.bad.lock().unwrap() = Some((containing.to_owned(), Box::pin(meanwhile)));
    }

    /// The next call with this text arrives twice, and the second answer is the one that is heard: something
    /// between here and there repeats calls.
    pub fn repeat(&self, containing: &str) {
        *self.line.twice.lock().unwrap() = Some(containing.to_owned());
    }
}

/// A part of a body, and what happens between its call and the loss of its answer.
type Loss = (String, BoxFuture<'static, ()>);

/// What lies between the store and the service.
pub struct Line {
    service: Arc<PlayedDynamoDb>,
    bad: Mutex<Option<Loss>>,
    twice: Mutex<Option<String>>,
}

#[async_trait]
impl Played for Line {
    fn name(&self) -> &'static str {
        self.service.name()
    }

    fn content_type(&self) -> &'static str {
        self.service.content_type()
    }

    async fn answer(&self, call: Call) -> Answer {
        let text = String::from_utf8_lossy(&call.body).into_owned();
        if self.twice.lock().unwrap().take_if(|part| text.contains(part.as_str())).is_some() {
            let call = forgotten(call);
            self.service.answer(call.clone()).await;
            return self.service.answer(call).await;
        }
        let lost = self.bad.lock().unwrap().take_if(|(part, _)| text.contains(part.as_str()));
        let Some((_, meanwhile)) = lost else { return self.service.answer(call).await };
        self.service.answer(forgotten(call)).await;
        meanwhile.await;
        Answer::Dropped
    }
}

/// The call without its request token, as DynamoDB sees it once ten minutes have passed.
fn forgotten(mut call: Call) -> Call {
    let mut body = call.json();
    body.as_object_mut().unwrap().remove("ClientRequestToken");
    call.body = Bytes::from(body.to_string());
    call
}
