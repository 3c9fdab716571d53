//! The HTTP surface for programs, called as a program would call it.

mod conversation;
mod deciding;
mod listing;
mod making;
mod scopes;
