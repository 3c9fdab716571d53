//! The ports as they are: a released build has no fault points.

use std::sync::Arc;

pub(super) fn around_store<Port: ?Sized>(port: Arc<Port>) -> Arc<Port> {
    port
}

pub(super) use {
    around_store as around_chat, around_store as around_deployer, around_store as around_factory,
    around_store as around_mailer,
};
