//! Signed, expiring links for approvers.
