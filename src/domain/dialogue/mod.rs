//! The embedded dialogue engine: interprets the bot manifest with the semantics of Lex V2.
