//! One decorator per port the worker acts through. Knows the ports, nothing behind them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::point;
use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::domain::job::{ClaimedJob, Lane, Lease, NewJob, Settlement};
use crate::domain::person::SlackUser;
use crate::domain::request::Request;
use crate::domain::spec::OrganizationalUnit;
use crate::ports::blueprints::{
    BlueprintDeployer, BootstrapOrder, BootstrapState, DeployError, StackOrder, StackState,
};
use crate::ports::chat::{Aside, Chat, ChatError, Form, Home, Message, MessageRef, Place, Profile};
use crate::ports::factory::{AccountFactory, AccountOrder, FactoryError, ProductState, Taken};
use crate::ports::mail::{Mail, MailError, Mailer};
use crate::ports::store::{
    Commit, Filter, Holder, JobStore, KeyValue, NewValue, Page, RequestStore, Store, Stored, TroubledJob, Versioned,
};

/// Implements a port by passing a point before and after every call. `about` says whom a call
/// is about in words that are the same in every run.
macro_rules! killing {
    ($port:ident for $name:ident, $word:literal as $calls:ident: $(
        async fn $method:ident(&self $(, $arg:ident: $type:ty)*) -> $answer:ty $(, about $about:expr)?;
    )* $(; $($plain:item)*)?) => {
        const $calls: &[&str] = &[$(concat!($word, ".", stringify!($method))),*];

        #[async_trait]
        impl $port for $name {
            $(async fn $method(&self $(, $arg: $type)*) -> $answer {
                let about = String::new() $(+ &$about)?;
                point(concat!($word, ".", stringify!($method), ".before"), &about);
                let answer = self.0.$method($($arg),*).await;
                point(concat!($word, ".", stringify!($method), ".after"), &about);
                answer
            })*
            $($($plain)*)?
        }
    };
}

/// The account's name, and the state it is written in.
fn stage_of(request: &Request) -> String {
    format!("{} {}", request.submission.spec.account_name, request.state.word())
}

/// A store that may be the last thing the process called.
pub struct KillingStore(pub Arc<dyn Store>);

killing! { RequestStore for KillingStore, "store" as REQUEST_CALLS:
    async fn commit(&self, commit: Commit) -> Stored<()>, about stage_of(&commit.request);
    async fn load(&self, id: RequestId) -> Stored<Request>;
    async fn resolve(&self, short_key: &str) -> Stored<Vec<RequestId>>;
    async fn history(&self, id: RequestId, after: u64) -> Stored<Vec<Recorded>>;
    async fn list(&self, filter: &Filter, before: Option<RequestId>, limit: usize) -> Stored<Page>;
    async fn queue(&self, limit: usize) -> Stored<Vec<RequestId>>;
    async fn locks(&self, prefix: &str) -> Stored<Vec<(String, Holder)>>;
}

killing! { JobStore for KillingStore, "jobs" as JOB_CALLS:
    async fn promise(&self, job: NewJob) -> Stored<()>;
    async fn claim(&self, lane: Lane, now: Timestamp, lease: Duration, limit: usize) -> Stored<Vec<ClaimedJob>>;
    async fn settle(&self, key: &str, lease: &Lease, settlement: Settlement) -> Stored<()>;
    async fn release(&self, key: &str, lease: &Lease) -> Stored<()>;
    async fn next_due(&self, lane: Lane) -> Stored<Option<Timestamp>>;
    async fn troubled(&self, limit: usize) -> Stored<Vec<TroubledJob>>;
}

killing! { KeyValue for KillingStore, "values" as VALUE_CALLS:
    async fn get(&self, key: &str, now: Timestamp) -> Stored<Option<Versioned>>;
    async fn put(&self, value: NewValue, now: Timestamp) -> Stored<()>;
    ;
    // Asked by load balancers, never by the worker.
    async fn ready(&self, now: Timestamp) -> Stored<()> {
        self.0.ready(now).await
    }
}

/// An Account Factory that may be the last thing the process called.
pub struct KillingFactory(pub Arc<dyn AccountFactory>);

killing! { AccountFactory for KillingFactory, "factory" as FACTORY_CALLS:
    async fn organizational_units(&self) -> Result<Vec<OrganizationalUnit>, FactoryError>;
    async fn taken(&self, root_email: &str, account_name: &str) -> Result<Taken, FactoryError>;
    async fn provision(&self, order: &AccountOrder) -> Result<String, FactoryError>, about order.spec.account_name;
    async fn look_up(&self, order: &AccountOrder) -> Result<ProductState, FactoryError>;
    async fn terminate(&self, order: &AccountOrder) -> Result<(), FactoryError>;
}

/// A deployer that may be the last thing the process called.
pub struct KillingDeployer(pub Arc<dyn BlueprintDeployer>);

killing! { BlueprintDeployer for KillingDeployer, "blueprints" as BLUEPRINT_CALLS:
    async fn deploy(&self, order: &StackOrder) -> Result<(), DeployError>, about order.spec.account_name;
    async fn look_up(&self, order: &StackOrder) -> Result<StackState, DeployError>;
    async fn roll_back(&self, order: &StackOrder) -> Result<(), DeployError>;
    async fn bootstrap(&self, order: &BootstrapOrder) -> Result<BootstrapState, DeployError>, about order.region;
    async fn post_step(&self, step: &str, order: &StackOrder) -> Result<(), DeployError>,
        about format!("{step} of {}", order.spec.account_name);
    ;
    fn post_steps(&self) -> Vec<String> {
        self.0.post_steps()
    }
}

/// A mailer that may be the last thing the process called.
pub struct KillingMailer(pub Arc<dyn Mailer>);

killing! { Mailer for KillingMailer, "mail" as MAIL_CALLS:
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// A chat that may be the last thing the process called.
pub struct KillingChat(pub Arc<dyn Chat>);

killing! { Chat for KillingChat, "chat" as CHAT_CALLS:
    async fn post(&self, key: &str, place: &Place, message: &Message) -> Result<MessageRef, ChatError>;
    async fn find(&self, key: &str, place: &Place) -> Result<Option<MessageRef>, ChatError>;
    async fn edit(&self, message_ref: &MessageRef, message: &Message) -> Result<(), ChatError>;
    async fn profile(&self, user: &SlackUser) -> Result<Profile, ChatError>;
    async fn whisper(&self, aside: &Aside, message: &Message) -> Result<(), ChatError>;
    async fn open_form(&self, trigger: &str, form: &Form) -> Result<(), ChatError>;
    async fn publish_home(&self, user: &SlackUser, home: &Home) -> Result<(), ChatError>;
    async fn myself(&self) -> Result<SlackUser, ChatError>;
    async fn group_members(&self, group: &str) -> Result<Vec<String>, ChatError>;
    ;
    fn approvals(&self) -> Option<Place> {
        self.0.approvals()
    }

    fn look(&self, message: &Message) -> String {
        self.0.look(message)
    }

    fn in_answer(&self, form: &Form) -> serde_json::Value {
        self.0.in_answer(form)
    }
}

/// Every call that has a point before and after it, like `store.commit`.
#[must_use]
pub fn calls() -> Vec<&'static str> {
    [REQUEST_CALLS, JOB_CALLS, VALUE_CALLS, FACTORY_CALLS, BLUEPRINT_CALLS, MAIL_CALLS, CHAT_CALLS].concat()
}
