//! The embedded dialogue engine: interprets the bot manifest with the semantics of
//! Amazon Lex V2. Pure: sessions, time and live vocabulary come in as arguments.
//!
//! Reading order: [`turn`] (what goes in and out), [`bot`] (the manifest, checked),
//! [`sentence`] → [`reading`] (its values) → [`classify`] (its intent) → [`engine`].
//! It knows English words and the manifest, not what a request is.

mod answer;
pub mod bot;
pub mod classify;
pub mod elsewhere;
pub mod engine;
pub mod english;
mod faults;
mod free_text;
mod load;
pub mod prompt;
pub mod reading;
pub mod sentence;
pub mod turn;
mod unknown;
pub mod vocabulary;
pub mod words;

#[cfg(test)]
mod talk_tests;
#[cfg(test)]
mod tests;

pub use bot::Bot;
pub use engine::Engine;
pub use turn::{Next, Session, Slots, Turn};
pub use vocabulary::Vocabulary;

/// The intents the service answers; a manifest must have them all.
pub mod intent {
    /// Ask for one account.
    pub const REQUEST_ACCOUNT: &str = "RequestAccount";
    /// Ask for dev, preprod and prod accounts together.
    pub const REQUEST_ACCOUNT_SET: &str = "RequestAccountSet";
    /// How are my requests doing; may carry [`super::slot::REQUEST_ID`].
    pub const REQUEST_STATUS: &str = "RequestStatus";
    /// Withdraw a request; may carry [`super::slot::REQUEST_ID`].
    pub const CANCEL_REQUEST: &str = "CancelRequest";
    /// What is there to deploy, and what does it cost; may carry [`super::slot::BLUEPRINT`].
    pub const DESCRIBE_BLUEPRINT: &str = "DescribeBlueprint";
    /// What can the bot do.
    pub const HELP: &str = "Help";
    /// Nothing else fits.
    pub const FALLBACK: &str = "FallbackIntent";

    /// Those every manifest must have.
    pub const ALL: [&str; 6] = [REQUEST_ACCOUNT, REQUEST_ACCOUNT_SET, REQUEST_STATUS, CANCEL_REQUEST, HELP, FALLBACK];
}

/// The slots the service reads.
pub mod slot {
    /// `Production` or `Sandbox`.
    pub const ACCOUNT_TYPE: &str = "AccountType";
    /// The root user's e-mail address.
    pub const ROOT_EMAIL: &str = "RootEmail";
    /// An organizational unit as the person named it; a known one in its exact spelling.
    pub const ACCOUNT_OU: &str = "AccountOU";
    /// A catalogue id, or `none`.
    pub const BLUEPRINT: &str = "Blueprint";
    /// Why, in the person's words.
    pub const PURPOSE: &str = "Purpose";
    /// The account's name; never asked for, understood when given.
    pub const ACCOUNT_NAME: &str = "AccountName";
    /// An account set's name.
    pub const SET_NAME: &str = "SetName";
    /// The governance account of a set, twelve digits.
    pub const GOVERNANCE_ACCOUNT: &str = "GovernanceAccount";
    /// The region of a set.
    pub const SET_REGION: &str = "SetRegion";
    /// One root address with `STAGE` in it, or three.
    pub const ROOT_EMAILS: &str = "RootEmails";
    /// What deployments may do in the accounts of a set.
    pub const EXECUTION_POLICY: &str = "ExecutionPolicy";
    /// The request meant by a status or cancel; never asked for.
    pub const REQUEST_ID: &str = "RequestId";
}

/// The slot types whose values the application offers at run time.
pub mod slot_type {
    /// Plain names of the live organizational units.
    pub const ACCOUNT_OU: &str = "AccountOUValues";
    /// The ids of the blueprint catalogue.
    pub const BLUEPRINT: &str = "BlueprintValues";
}
