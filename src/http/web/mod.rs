//! Pages for people: approval, request list, live progress.

pub mod pages;
