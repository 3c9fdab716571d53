//! Journeys read as transcripts, with personas.
