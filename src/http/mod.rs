//! The HTTP edge: extract, call one use case, render.

pub mod api;
pub mod slack;
pub mod web;
