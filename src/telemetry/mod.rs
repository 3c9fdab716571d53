//! Logs and metrics; secrets and personal addresses never get here (P11).
//! Knows nothing of what is logged or counted.

mod logs;
mod metrics;
mod redact;

pub use logs::{init, subscriber};
pub use metrics::{JobEnd, Levels, Metrics};
pub use redact::Redactor;
