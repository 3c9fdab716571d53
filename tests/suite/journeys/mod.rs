//! Journeys read as transcripts, with personas: Ada asks, Grace and Heidi approve,
//! Oscar runs the platform. What is snapshot here is what people read.

mod approval;
mod by_cloudformation;
mod by_sns;
mod endings;
mod given_up;
mod queue;
mod rollback;
mod sets;
mod sets_by_cloudformation;
mod stage;
mod troubles;

pub use stage::POLICY;
