//! The HTTP surface for programs, called as a program would call it.

mod conversation;
mod deciding;
pub mod document;
mod following;
mod hostile;
mod listing;
mod making;
mod metrics;
mod quiet;
mod scopes;
mod talking;
