//! What only SQLite can get wrong: files, disks, query plans, shared commits.
