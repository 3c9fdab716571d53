//! What comes next for a request being vended: a pure function of state, time and observation.
