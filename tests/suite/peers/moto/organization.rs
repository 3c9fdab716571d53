//! The pre-flight's look-ups: names, addresses and room; units; an account's id by its root e-mail.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::service_catalog::{ServiceCatalogFactory, Settings};
use vend::ports::clock::{Clock as _, Ids as _};
use vend::ports::factory::{AccountFactory as _, AccountOrder, ProductState};

use super::{Management, own, url};
use crate::fakes::aws::service_catalog::{ControlTower, ManagementAccount};
use crate::fakes::aws::wire::{Answer, Call, Endpoint, Played};
use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::requests::{requester, sandbox};
use crate::service_catalog::settings;

fn factory(management: &Connection, settings: Settings) -> ServiceCatalogFactory {
    ServiceCatalogFactory::new(management, settings, Arc::new(TestClock::default()))
}

#[tokio::test]
#[ignore = "needs moto: .ci/peers starts it"]
async fn moto_tells_which_names_and_addresses_are_taken_and_what_room_is_left() {
    let house = Management::new().await;
    house.account("Ada+Fraud@Example.com", "Fraud").await;
    let closed = house.account("retired@example.com", "Retired").await;
    house.organizations.close_account().account_id(&closed).send().await.unwrap();
    // As the worker does it: from our own account into theirs, by the role.
    let management = own(&url()).await.assuming(&house.role(), "vend").await;
    let factory = factory(&management, Settings { account_quota: Some(5), ..settings() });
    for (email, name, expected) in [
        ("ada+fraud@example.com", "new", (true, false)),
        ("retired@example.com", "fraud", (true, true)),
        ("new@example.com", "new", (false, false)),
    ] {
        let taken = factory.taken(email, name).await.unwrap();
        assert_eq!((taken.email, taken.name), expected, "{email} {name}");
        // A suspended account counts until it is closed for good.
        assert_eq!(taken.headroom, Some(2), "the management account and two more");
    }
}

/// A played Service Catalog in front of moto's Organizations and STS, as both are behind one endpoint.
struct Front {
    catalog: ManagementAccount,
    http: reqwest::Client,
}

#[async_trait]
impl Played for Front {
    fn name(&self) -> &'static str {
        "servicecatalog"
    }

    fn name_of(&self, call: &Call) -> &'static str {
        self.catalog.name_of(call)
    }

    async fn answer(&self, call: Call) -> Answer {
        if self.catalog.name_of(&call) == "servicecatalog" {
            return self.catalog.answer(call).await;
        }
        let passed = self.http.request(call.method, url()).headers(call.headers).body(call.body);
        let answer = passed.send().await.expect("moto answers");
        assert_eq!(answer.status(), 200, "{answer:?}");
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).map_or(Answer::Xml(text), Answer::Json)
    }
}

struct House {
    management: Management,
    tower: ControlTower,
    clock: TestClock,
    factory: ServiceCatalogFactory,
    _endpoint: Endpoint,
}

impl House {
    async fn new() -> Self {
        let (management, clock) = (Management::new().await, TestClock::default());
        let tower = ControlTower::new(Arc::new(clock.clone()));
        let front = Front { catalog: ManagementAccount(tower.clone()), http: reqwest::Client::new() };
        let endpoint = Endpoint::start(Arc::new(front)).await;
        let there = own(&endpoint.url).await.assuming(&management.role(), "vend").await;
        let factory = ServiceCatalogFactory::new(&there, settings(), Arc::new(clock.clone()));
        Self { management, tower, clock, factory, _endpoint: endpoint }
    }

    async fn unit(&self, parent: &str, name: &str) -> String {
        let call = self.management.organizations.create_organizational_unit().parent_id(parent).name(name);
        call.send().await.unwrap().organizational_unit.and_then(|unit| unit.id).unwrap()
    }
}

#[tokio::test]
#[ignore = "needs moto: .ci/peers starts it"]
async fn moto_tells_the_units_where_the_product_lists_none_parents_before_children() {
    let house = House::new().await;
    house.tower.feel(|mood| mood.no_listed_units = true);
    let roots = house.management.organizations.list_roots().send().await.unwrap();
    let root = roots.roots()[0].id().unwrap().to_owned();
    let research = house.unit(&root, "Research").await;
    let fraud = house.unit(&research, "Fraud Lab").await;
    let demos = house.unit(&root, "Demos").await;
    let units = house.factory.organizational_units().await.unwrap();
    let mut told: Vec<String> = units.iter().map(ToString::to_string).collect();
    assert_eq!(told.pop(), Some(format!("Fraud Lab ({fraud})")), "a child comes after its parent");
    told.sort();
    assert_eq!(told, [format!("Demos ({demos})"), format!("Research ({research})")]);
    for unit in units {
        assert_eq!(unit.to_string().parse(), Ok(unit), "moto's ids are such as we read");
    }
}

#[tokio::test]
#[ignore = "needs moto: .ci/peers starts it"]
async fn an_id_that_is_not_available_is_found_by_the_root_e_mail_once_the_account_is_active() {
    let house = House::new().await;
    house.tower.feel(|mood| mood.id_late = Duration::from_hours(9));
    let request = SeededIds::default().request_id(house.clock.now());
    let mut order = AccountOrder {
        request,
        product_name: request.product_name(),
        token: request.provision_token(1),
        spec: sandbox("team@example.com"),
        requester: requester("ada@example.com"),
        called_at: Some(house.clock.now()),
        record_id: None,
    };
    order.record_id = Some(house.factory.provision(&order).await.unwrap());
    house.clock.advance(Duration::from_mins(30));
    assert_eq!(house.factory.look_up(&order).await, Ok(ProductState::AccountIdUnknown));
    let account_id = house.management.account("Team@example.com", "team").await;
    house.clock.advance(Duration::from_mins(1));
    assert_eq!(house.factory.look_up(&order).await, Ok(ProductState::Available { account_id: account_id.clone() }));
    house.management.organizations.close_account().account_id(&account_id).send().await.unwrap();
    house.clock.advance(Duration::from_mins(1));
    assert_eq!(house.factory.look_up(&order).await, Ok(ProductState::AccountIdUnknown), "it is not active");
}
