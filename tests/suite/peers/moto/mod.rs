//! What our adapters and commands ask of Organizations and STS, against moto, which nobody
//! here wrote. (SNS: `ports::sns_moto`.) Each test has a management account of its own,
//! entered as ours is: by a role.

mod installation;
mod organization;
mod tags;

use aws_config::BehaviorVersion;
use aws_sdk_organizations::Client;
use vend::adapters::aws::connection::Connection;

use crate::fakes::aws::wire;

/// Where moto listens.
fn url() -> String {
    super::address("VEND_MOTO_URL")
}

/// As the process itself: with all that a role is assumed with, a clock among it.
async fn own(url: &str) -> Connection {
    let made_up = wire::sdk(url);
    let sdk = aws_config::defaults(BehaviorVersion::latest()).endpoint_url(url);
    let sdk = sdk.region(made_up.region().cloned()).credentials_provider(made_up.credentials_provider().expect("some"));
    Connection::over(&sdk.load().await)
}

/// An organization of its own in moto.
struct Management {
    account: String,
    connection: Connection,
    organizations: Client,
}

impl Management {
    /// Opens an account nobody else has, through STS, and makes it an organization's.
    async fn new() -> Self {
        let account = format!("{:012}", 200_000_000_000 + u64::from(rand::random::<u32>()));
        let connection = own(&url()).await.assuming(&role(&account), "vend-test").await;
        let organizations = Client::new(connection.sdk());
        let made = organizations.create_organization().send().await.expect("the role leads into the account");
        let of = made.organization().and_then(|made| made.master_account_id()).map(str::to_owned);
        assert_eq!(of.as_deref(), Some(account.as_str()), "the call was the role's, not ours");
        Self { account, connection, organizations }
    }

    /// What `factory.role_arn` says.
    fn role(&self) -> String {
        role(&self.account)
    }

    /// An account that is there at once, as moto's are.
    async fn account(&self, email: &str, name: &str) -> String {
        let made = self.organizations.create_account().email(email).account_name(name).send().await.unwrap();
        made.create_account_status().and_then(|status| status.account_id()).expect("moto takes no time").to_owned()
    }
}

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/vend-worker")
}
