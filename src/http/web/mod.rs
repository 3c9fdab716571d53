//! Pages for people: approval, request list, live progress.
