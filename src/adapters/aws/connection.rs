//! How every AWS call is made: credentials from the SDK's normal chain, explicit
//! retries and timeouts, one HTTP client for all, and roles assumed on the way.
//! Knows no service's operations.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;

/// Attempts of one call that may safely be repeated. A call that may not is
/// configured with [`only_once`] by its adapter.
const ATTEMPTS: u32 = 3;
const CONNECT: Duration = Duration::from_secs(2);
const ATTEMPT: Duration = Duration::from_secs(4);
/// All attempts together: well below the worker's lease (15 s).
const OPERATION: Duration = Duration::from_secs(10);

/// A region, credentials, and how calls are made. Cheap to clone; clones share
/// the HTTP connections and the cached credentials.
#[derive(Debug, Clone)]
pub struct Connection {
    sdk: SdkConfig,
}

impl Connection {
    /// From the environment: profiles, variables, container and instance roles, and
    /// the `AWS_ENDPOINT_URL*` variables. Opens nothing yet.
    pub async fn from_environment() -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest()).retry_config(retries()).timeout_config(timeouts());
        // On the heap: whoever opens an adapter would carry the loader's 10 KB along.
        Self { sdk: Box::pin(loader.load()).await }
    }

    /// Over a configuration made elsewhere; retries and timeouts are set as everywhere.
    #[must_use]
    pub fn over(sdk: &SdkConfig) -> Self {
        let sdk = sdk.to_builder().retry_config(retries()).timeout_config(timeouts()).build();
        Self { sdk }
    }

    /// The same in another region, where one is given.
    #[must_use]
    pub fn in_region(&self, region: Option<&str>) -> Self {
        let Some(region) = region else { return self.clone() };
        Self { sdk: self.sdk.to_builder().region(Region::new(region.to_owned())).build() }
    }

    /// The same as another role. The role is assumed at the first call and again
    /// before its session ends (a chained session lasts at most one hour).
    pub async fn assuming(&self, role_arn: &str, session_name: &str) -> Self {
        let role = AssumeRoleProvider::builder(role_arn).session_name(session_name).configure(&self.sdk);
        let credentials = SharedCredentialsProvider::new(Box::pin(role.build()).await);
        Self { sdk: self.sdk.to_builder().credentials_provider(credentials).build() }
    }

    /// The same under other credentials, as a role was assumed elsewhere.
    #[must_use]
    pub fn with_credentials(&self, credentials: SharedCredentialsProvider) -> Self {
        Self { sdk: self.sdk.to_builder().credentials_provider(credentials).build() }
    }

    /// The region calls go to, once one is known.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.sdk.region().map(Region::as_ref)
    }

    /// What a service's client is made from.
    #[must_use]
    pub const fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }
}

/// For calls that must not be repeated blindly, because whether the first one took effect is unknown.
#[must_use]
pub fn only_once() -> RetryConfig {
    RetryConfig::disabled()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(Duration::from_secs(2))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}
