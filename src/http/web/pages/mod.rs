//! The pages: pure functions from a view to HTML. They know nothing of requests over
//! HTTP, of the store, or of who may see what. `maud` escapes every value.

pub mod approval;
pub mod facts;
pub mod landing;
pub mod layout;
pub mod live;
pub mod notice;
pub mod requests;
pub mod sets;
mod steps;

#[cfg(test)]
mod tests;
