//! Logs and metrics; secrets and personal addresses never get here.
