//! Making user text safe to show: one line, no control or bidirectional characters.
