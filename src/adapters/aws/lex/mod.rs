//! The conversation engine Amazon Lex V2.
