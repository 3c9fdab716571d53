//! The ports' implementations: vendor plus port noun. They translate, they do not decide.

pub mod embedded;
pub mod letter;
pub mod slack;
pub mod smtp;
pub mod system;
