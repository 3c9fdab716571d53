//! The ports' implementations: vendor plus port noun. They translate, they do not decide.

pub mod aws;
pub mod embedded;
#[cfg(feature = "fault-points")]
pub mod killing;
pub mod letter;
pub mod oidc;
mod outgoing;
pub mod slack;
pub mod smtp;
pub mod system;
