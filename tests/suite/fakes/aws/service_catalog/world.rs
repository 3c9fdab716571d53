//! A played Control Tower: products, records, accounts, and the ledger of what was really
//! made. Where an operation stands follows from the clock, which the test turns.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vend::adapters::embedded::simulator::AccountCreation;
use vend::ports::clock::Clock;

use super::mood::Mood;

/// Time from the call to the account.
pub const ACCOUNT_TAKES: SignedDuration = SignedDuration::from_mins(20);
/// Time until a failure that comes late is told.
pub const FAILURE_TAKES: SignedDuration = SignedDuration::from_mins(2);
/// Time a record says CREATED.
const BEGINS_AFTER: SignedDuration = SignedDuration::from_secs(20);
/// Operations Control Tower runs at once, whoever began them.
const CAP: usize = 5;

/// An account of the organization.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub email: String,
    pub name: String,
    pub state: &'static str,
    /// The product it was made for; empty for those that always were there.
    pub product_name: String,
    pub made_at: Timestamp,
}

/// How an operation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Account(String),
    Fails(String),
    Tainted(String),
    Removed,
}

/// One record.
#[derive(Debug, Clone)]
pub struct Operation {
    pub record_id: String,
    pub product: usize,
    pub kind: &'static str,
    pub begun: Timestamp,
    /// `None`: it hangs in CREATED.
    pub ends: Option<Timestamp>,
    pub outcome: Outcome,
}

impl Operation {
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    pub fn status(&self, now: Timestamp) -> &'static str {
        let left = self.ends.map(|ends| ends.duration_since(now));
        match (left, &self.outcome) {
            (None, _) => "CREATED",
            (Some(left), Outcome::Fails(_) | Outcome::Tainted(_)) if left <= SignedDuration::ZERO => "FAILED",
            (Some(left), _) if left <= SignedDuration::ZERO => "SUCCEEDED",
            _ if now.duration_since(self.begun) < BEGINS_AFTER => "CREATED",
            (Some(left), Outcome::Fails(_)) if left < SignedDuration::from_secs(30) => "IN_PROGRESS_IN_ERROR",
            _ => "IN_PROGRESS",
        }
    }
}

/// One provisioned product.
#[derive(Debug, Clone)]
pub struct Product {
    pub id: String,
    pub name: String,
    pub visible_from: Timestamp,
    /// An update of somebody else's failed: TAINTED, and the account works.
    pub spoilt: bool,
}

/// Everything there is.
pub struct State {
    pub products: Vec<Product>,
    pub operations: Vec<Operation>,
    pub accounts: Vec<Account>,
    pub created: Vec<AccountCreation>,
    pub most_in_flight: u32,
    pub mood: Mood,
    /// Landing-zone updates so far: ids of product and artifact depend on it.
    pub version: u32,
    pub asked: Vec<String>,
}

/// What somebody orders.
#[derive(Debug, Clone)]
pub struct Order {
    pub name: String,
    pub token: String,
    pub email: String,
    pub account_name: String,
}

/// The world, shared by the services that show it.
#[derive(Clone)]
pub struct ControlTower {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

impl ControlTower {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let long_ago = Timestamp::UNIX_EPOCH;
        let old = |nth: usize, name: &str, email: &str, state| Account {
            id: format!("{:012}", 100_000_000_000 + nth),
            email: email.to_owned(),
            name: name.to_owned(),
            state,
            product_name: String::new(),
            made_at: long_ago,
        };
        let mut accounts = vec![
            old(1, "Management", "management@example.com", "ACTIVE"),
            old(2, "Retired", "retired@example.com", "CLOSED"),
            old(3, "Audit", "Audit@Example.com", "SUSPENDED"),
        ];
        accounts
            .extend((4..50).map(|nth| old(nth, &format!("old-{nth}"), &format!("old-{nth}@example.com"), "ACTIVE")));
        let state = State {
            products: Vec::new(),
            operations: Vec::new(),
            accounts,
            created: Vec::new(),
            most_in_flight: 0,
            mood: Mood::default(),
            version: 1,
            asked: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), clock }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Changes how the world behaves from now on.
    pub fn feel(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut self.state().mood);
    }

    /// A landing-zone update: the product and its artifact get other ids.
    pub fn update_landing_zone(&self) {
        self.state().version += 1;
    }

    /// Somebody updates a finished product, and that fails.
    pub fn spoil(&self, product_name: &str) {
        let mut state = self.state();
        let product = state.products.iter_mut().find(|product| product.name == product_name);
        product.expect("a product of that name").spoilt = true;
    }

    /// What was really made.
    pub fn creations(&self) -> Vec<AccountCreation> {
        let now = self.now();
        self.state().created.iter().filter(|created| created.at <= now).cloned().collect()
    }

    /// The most operations of ours that ever ran at once.
    pub fn most_in_flight(&self) -> u32 {
        self.state().most_in_flight
    }

    /// How often this operation was called.
    pub fn asked(&self, operation: &str) -> usize {
        self.state().asked.iter().filter(|asked| *asked == operation).count()
    }
}

fn stretch(time: Duration) -> SignedDuration {
    time.try_into().expect("a short time")
}

impl State {
    /// The product of that name, whether it can be seen or not.
    pub fn named(&self, name: &str, now: Timestamp) -> Option<usize> {
        (0..self.products.len()).rev().find(|&nth| self.products[nth].name == name && !self.is_removed(nth, now))
    }

    pub fn is_removed(&self, product: usize, now: Timestamp) -> bool {
        self.operations.iter().any(|op| op.product == product && op.outcome == Outcome::Removed && op.is_over(now))
    }

    /// The last record of a product; with `kind`, of that kind.
    pub fn last(&self, product: usize, kind: Option<&str>) -> Option<&Operation> {
        let fits = |op: &&Operation| op.product == product && kind.is_none_or(|kind| op.kind == kind);
        self.operations.iter().rev().find(fits)
    }

    fn under_way(&self, now: Timestamp) -> usize {
        self.operations.iter().filter(|op| !op.is_over(now)).count()
    }

    fn next_record(&self) -> String {
        format!("rec-{:013}", self.operations.len() + 1)
    }

    /// Takes an order on and answers its record id. What will come of it is settled here.
    pub fn launch(&mut self, order: &Order, now: Timestamp) -> String {
        let busy = self.under_way(now) + self.mood.foreign as usize >= CAP;
        let outcome = self.outcome(order, busy);
        let stuck = Mood::next(&mut self.mood.stuck);
        let takes = if matches!(outcome, Outcome::Account(_)) { ACCOUNT_TAKES } else { FAILURE_TAKES };
        let (record_id, product) = (self.next_record(), self.products.len());
        self.products.push(Product {
            id: format!("pp-{:013}", product + 1),
            name: order.name.clone(),
            visible_from: now + stretch(self.mood.hidden_for),
            spoilt: false,
        });
        if let Outcome::Account(id) = &outcome
            && !stuck
        {
            self.make_account(order, id.clone(), now + ACCOUNT_TAKES / 2);
        }
        let ends = (!stuck).then(|| now + takes);
        let kind = "PROVISION_PRODUCT";
        self.operations.push(Operation { record_id: record_id.clone(), product, kind, begun: now, ends, outcome });
        self.most_in_flight = self.most_in_flight.max(u32::try_from(self.under_way(now)).expect("few"));
        record_id
    }

    fn outcome(&mut self, order: &Order, busy: bool) -> Outcome {
        let own = self.accounts.iter().find(|account| account.product_name == order.name).map(|own| own.id.clone());
        let taken = self
            .accounts
            .iter()
            .any(|other| other.email.eq_ignore_ascii_case(&order.email) && other.product_name != order.name);
        let counted = self.accounts.iter().filter(|account| account.state != "CLOSED").count();
        let full = self.mood.quota.is_some_and(|quota| counted >= quota as usize) && own.is_none();
        let id = own.unwrap_or_else(|| format!("{:012}", 500_000_000_000 + self.accounts.len()));
        if busy || Mood::next(&mut self.mood.late_busy) {
            return Outcome::Fails("ResourceInUseException: AWS Control Tower could not create the account: allowed maximum of 5 concurrent account operations is exceeded. Try again later.".into());
        }
        if !self.mood.fails_late.is_empty() {
            return Outcome::Fails(self.mood.fails_late.remove(0).into());
        }
        if taken {
            return Outcome::Fails("AWS Control Tower failed to create the account: EMAIL_ALREADY_EXISTS".into());
        }
        if full {
            return Outcome::Fails("ConstraintViolationException: ACCOUNT_NUMBER_LIMIT_EXCEEDED".into());
        }
        if Mood::next(&mut self.mood.not_activated) {
            return Outcome::Fails(format!("activation of accout {id} not complete. Try again in one hour"));
        }
        if Mood::next(&mut self.mood.tainted) {
            return Outcome::Tainted("AWS Control Tower could not apply a guardrail to the account.".into());
        }
        Outcome::Account(id)
    }

    fn make_account(&mut self, order: &Order, id: String, made_at: Timestamp) {
        let guarded = |account: &Account| account.product_name == order.name;
        if !self.mood.unguarded && self.accounts.iter().any(guarded) {
            return;
        }
        self.created.push(AccountCreation {
            product_name: order.name.clone(),
            account_id: id.clone(),
            token: order.token.clone(),
            at: made_at,
        });
        self.accounts.push(Account {
            id,
            email: order.email.clone(),
            name: order.account_name.clone(),
            state: "ACTIVE",
            product_name: order.name.clone(),
            made_at,
        });
    }

    /// Begins to remove a product; its name is free once that is over.
    pub fn remove(&mut self, product: usize, now: Timestamp) -> String {
        let record_id = self.next_record();
        self.operations.push(Operation {
            record_id: record_id.clone(),
            product,
            kind: "TERMINATE_PROVISIONED_PRODUCT",
            begun: now,
            ends: Some(now + SignedDuration::from_mins(1)),
            outcome: Outcome::Removed,
        });
        record_id
    }
}
