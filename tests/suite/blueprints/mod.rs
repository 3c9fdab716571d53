//! The blueprint catalogue: what ships, what a folder may hold, what people are told.

mod checking;
mod loading;
mod portfolio;
mod resolving;
mod shipped;
