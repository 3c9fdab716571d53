//! What the configuration tells the use cases and the HTTP edge. Opens nothing; the
//! store is asked for one value only, this installation's own link key.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::adapters::system::{SystemClock, SystemIds};
use crate::config::{AuthMode, Config, manifests};
use crate::domain::link::LinkKey;
use crate::domain::policy::Policy;
use crate::http::Limits;
use crate::ports::clock::{Clock as _, Ids as _};
use crate::ports::store::{KeyValue, NewValue, StoreError};
use crate::service::Settings;

/// How long the list of organizational units is believed.
const OU_TTL: Duration = Duration::from_mins(1);
/// Where the store keeps what links are sealed with.
const LINK_SECRET: &str = "secret/link-key";

pub(super) async fn of(config: &Config, bound: SocketAddr, store: &dyn KeyValue) -> anyhow::Result<Settings> {
    let link_key = match &config.server.link_secret {
        Some(secret) => link_key(secret.reveal()),
        None => link_key(&stored_secret(store).await?),
    };
    Ok(Settings {
        public_url: config.server.base_url(bound),
        portal_url: config.factory.portal_url.as_ref().map(ToString::to_string),
        link_key,
        max_concurrent: config.factory.max_concurrent,
        blueprint_values: config.blueprints.values.clone(),
        pools: config.blueprints.pools.clone(),
        ou_ttl: OU_TTL,
    })
}

fn link_key(secret: &str) -> LinkKey {
    LinkKey(Sha256::digest(secret).into())
}

/// The installation's own secret, made once and kept in the store for every replica.
async fn stored_secret(store: &dyn KeyValue) -> anyhow::Result<String> {
    loop {
        let now = SystemClock.now();
        if let Some(known) = store.get(LINK_SECRET, now).await? {
            return Ok(known.value);
        }
        let fresh = format!("{}{}", SystemIds.nonce(), SystemIds.nonce());
        match store.put(NewValue::lasting(LINK_SECRET, fresh), now).await {
            // Another replica was first: take its secret.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The policy file; the local operator counts in it only where there is one.
pub(super) fn policy(config: &Config) -> anyhow::Result<Policy> {
    let policy = manifests::policy(config)?;
    Ok(if config.auth.mode == AuthMode::None { policy } else { policy.without_local_operator() })
}

pub(super) fn limits(config: &Config) -> Limits {
    let server = &config.server;
    Limits {
        body: server.max_body_bytes,
        time: server.request_timeout,
        at_once: server.max_concurrent_requests,
        per_minute: NonZeroU32::new(server.requests_per_minute).unwrap_or(NonZeroU32::MAX),
        trusted_proxies: server.trusted_proxies.clone(),
    }
}
