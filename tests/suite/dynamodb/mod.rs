//! What only the DynamoDB store can get wrong: lost answers, conflicts, indexes that
//! lag, tables of another shape. The port's MUSTs are in `ports::store`, where they
//! run against the played DynamoDB and against DynamoDB Local.

mod bounds;
mod lagging;
pub mod local;
pub mod played;
mod racing;
mod table;
mod unanswered;
