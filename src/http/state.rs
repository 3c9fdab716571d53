//! What the HTTP edge shares between its handlers.

use std::sync::Arc;

use crate::config::AuthConfig;
use crate::service::Service;

use super::session::SignIn;
use super::slack::SlackIntake;

/// Shared by every handler; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The use cases.
    pub service: Arc<Service>,
    /// Who is believed.
    pub auth: Arc<AuthConfig>,
    /// How people sign in, in mode `oidc`.
    pub sign_in: Option<Arc<SignIn>>,
    /// Takes what Slack sends.
    pub slack: Arc<SlackIntake>,
    /// Places for live streams, which stay open long.
    pub streams: Arc<tokio::sync::Semaphore>,
    /// Whether the process is stopping; `/readyz` says so.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}
