//! Slack intake: verify the signature over raw bytes, store, acknowledge.
