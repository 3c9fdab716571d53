//! The worker: claims due jobs under a lease, runs their effect, settles them.
