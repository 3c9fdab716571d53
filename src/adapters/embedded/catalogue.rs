//! Loads the blueprint catalogue from a folder.
