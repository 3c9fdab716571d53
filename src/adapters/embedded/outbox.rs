//! Mail as files in a folder, one .eml per message.
