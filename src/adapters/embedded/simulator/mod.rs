//! A pretend Control Tower: realistic phases, limits and failures on demand.
