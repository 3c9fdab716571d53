//! The cloud an installation works on: the simulator beside its database, or a played
//! AWS with its own table and ledger, which go on while the binary is dead.

use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::dynamodb::{self, DynamoStore};
use vend::adapters::system::SystemClock;
use vend::ports::clock::Clock;

use crate::played::dynamodb::PlayedDynamoDb;
use crate::played::service_catalog::mood::Mood;
use crate::played::service_catalog::{ControlTower, ManagementAccount};
use crate::played::wire::Endpoint;
use crate::promises::Evidence;

const TABLE: &str = "vend";
/// An account takes 20 minutes there and two seconds here.
const HASTE: i32 = 600;

/// A clock that runs [`HASTE`] times as fast.
struct HastyClock {
    begun: (Timestamp, Instant),
}

impl Clock for HastyClock {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.begun.1.elapsed()).expect("a short run");
        self.begun.0 + passed * HASTE
    }
}

/// A management account and a table, each behind its own address.
pub struct Aws {
    pub tower: ControlTower,
    management: Endpoint,
    table: Endpoint,
}

impl Aws {
    /// With an empty table and a world in this mood.
    pub async fn start(mood: Mood) -> Self {
        let tower = ControlTower::new(Arc::new(HastyClock { begun: (Timestamp::now(), Instant::now()) }));
        tower.feel(|feeling| *feeling = mood);
        let management = Endpoint::start(Arc::new(ManagementAccount(tower.clone()))).await;
        let (_, table) = PlayedDynamoDb::start().await;
        dynamodb::create(&Connection::over(&table.sdk()), TABLE).await.expect("a new table");
        Self { tower, management, table }
    }

    /// What the binary is told.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let management = &self.management.url;
        vec![
            ("VEND_STORE__BACKEND", "dynamodb".into()),
            ("VEND_STORE__TABLE", TABLE.into()),
            ("VEND_FACTORY__BACKEND", "service-catalog".into()),
            // The played world shows a new product at once, or within half a second.
            ("VEND_FACTORY__VISIBLE_SECONDS", "2".into()),
            ("VEND_BLUEPRINTS__BACKEND", "cloudformation".into()),
            // A step is a dozen calls over the network here.
            ("VEND_WORKER__LEASE_SECONDS", "3".into()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.table.url.clone()),
            ("AWS_ENDPOINT_URL_SERVICE_CATALOG", management.clone()),
            ("AWS_ENDPOINT_URL_ORGANIZATIONS", management.clone()),
            ("AWS_ENDPOINT_URL_STS", management.clone()),
            ("AWS_REGION", "eu-west-1".into()),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST".into()),
            ("AWS_SECRET_ACCESS_KEY", "made-up".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }

    pub async fn evidence(&self, now: Timestamp) -> Evidence {
        let store = DynamoStore::over(&Connection::over(&self.table.sdk()), TABLE, Arc::new(SystemClock));
        Evidence::of(&store, self.tower.creations(), self.tower.most_in_flight(), now).await
    }
}
