//! Being let into an account: its role is assumed from the management account, and
//! the session kept for the next calls. Knows no service but STS.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::super::connection::Connection;
use super::trouble;
use crate::ports::blueprints::DeployError;
use crate::ports::clock::Clock;

/// How long a session lasts, in seconds: one hour is the most a chained session may
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
const SESSION_SECONDS: i32 = 3600;
/// How long a session is used: it must outlast the calls made with it.
const FRESH: SignedDuration = SignedDuration::from_mins(45);
/// Sessions kept at once.
const MOST_SESSIONS: usize = 64;

/// The way into new accounts.
pub struct Access {
    management: Connection,
    role_name: String,
    clock: Arc<dyn Clock>,
    sessions: Mutex<BTreeMap<String, Session>>,
}

struct Session {
    since: Timestamp,
    credentials: Credentials,
}

/// A connection into one account, and which one it is.
#[derive(Debug, Clone)]
pub struct Inside {
    pub(super) connection: Connection,
    pub(super) account_id: String,
    pub(super) region: String,
}

impl Access {
    /// From the management account, as this role of each new account.
    #[must_use]
    pub fn new(management: Connection, role_name: &str, clock: Arc<dyn Clock>) -> Self {
        Self { management, role_name: role_name.to_owned(), clock, sessions: Mutex::default() }
    }

    /// The management account itself.
    pub(super) const fn management(&self) -> &Connection {
        &self.management
    }

    /// A connection into an account and region.
    ///
    /// # Errors
    /// [`DeployError::NotYet`] while the account does not let us in: a fresh role takes a while.
    pub(super) async fn enter(&self, account_id: &str, region: &str, session: &str) -> Result<Inside, DeployError> {
        if account_id.len() != 12 || !account_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DeployError::Refused(format!("`{account_id}` is no account id")));
        }
        let credentials = self.credentials(account_id, region, session).await?;
        let connection =
            self.management.with_credentials(SharedCredentialsProvider::new(credentials)).in_region(Some(region));
        Ok(Inside { connection, account_id: account_id.to_owned(), region: region.to_owned() })
    }

    async fn credentials(&self, account_id: &str, region: &str, session: &str) -> Result<Credentials, DeployError> {
        let now = self.clock.now();
        let mut sessions = self.sessions.lock().await;
        sessions.retain(|_, session| now.duration_since(session.since) < FRESH);
        if let Some(session) = sessions.get(account_id) {
            return Ok(session.credentials.clone());
        }
        // Others may enter other accounts meanwhile.
        drop(sessions);
        let credentials = self.assume(account_id, region, session).await?;
        let mut sessions = self.sessions.lock().await;
        if sessions.len() >= MOST_SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.since).map(|(id, _)| id.clone());
            oldest.and_then(|id| sessions.remove(&id));
        }
        sessions.insert(account_id.to_owned(), Session { since: now, credentials: credentials.clone() });
        Ok(credentials)
    }

    async fn assume(&self, account_id: &str, region: &str, session: &str) -> Result<Credentials, DeployError> {
        let sts = aws_sdk_sts::Client::new(self.management.sdk());
        let role = format!("arn:{}:iam::{account_id}:role/{}", partition(region), self.role_name);
        let call = sts.assume_role().role_arn(role).role_session_name(session).duration_seconds(SESSION_SECONDS);
        let answer = call.send().await.map_err(|error| trouble::meaning(&error))?;
        let given = answer.credentials.ok_or_else(|| DeployError::Unknown("STS gave no credentials".into()))?;
        let (key, secret, token) = (given.access_key_id, given.secret_access_key, given.session_token);
        Ok(Credentials::new(key, secret, Some(token), None, "vend"))
    }
}

/// The partition of a region, as ARNs name it.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        gov if gov.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
