//! The blueprint catalogue: what ships, what a folder may hold, what people are told.

mod loading;
mod resolving;
mod shipped;
