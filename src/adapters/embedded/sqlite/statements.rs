//! Every SQL statement that runs after the file is open, in one place, so that
//! one test can prove that none of them scans a table.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)*

        /// All of them, by name.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

statements! {
    INSERT_REQUEST = "INSERT INTO requests (id, version, state, queued_at, body, short_key, requester)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING";
    UPDATE_REQUEST = "UPDATE requests SET version = ?2, state = ?3, queued_at = ?4, body = ?5
        WHERE id = ?1 AND version = ?6";
    REQUEST = "SELECT body FROM requests WHERE id = ?1";
    REQUESTS_BY_SHORT_KEY = "SELECT id FROM requests WHERE short_key = ?1 ORDER BY id";
    QUEUE = "SELECT id FROM requests INDEXED BY requests_in_line
        WHERE state = 'queued' ORDER BY queued_at, id LIMIT ?1";

    // One statement for each filter: each walks the index that answers it in order.
    LIST = "SELECT body FROM requests WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    LIST_BY_STATE = "SELECT body FROM requests INDEXED BY requests_by_state
        WHERE id < ?1 AND state = ?3 ORDER BY id DESC LIMIT ?2";
    LIST_BY_REQUESTER = "SELECT body FROM requests INDEXED BY requests_by_requester
        WHERE id < ?1 AND requester = ?3 ORDER BY id DESC LIMIT ?2";
    LIST_BY_BOTH = "SELECT body FROM requests INDEXED BY requests_by_requester_and_state
        WHERE id < ?1 AND requester = ?3 AND state = ?4 ORDER BY id DESC LIMIT ?2";

    INSERT_EVENT = "INSERT INTO events (request_id, seq, body) VALUES (?1, ?2, ?3)";
    HISTORY = "SELECT body FROM events WHERE request_id = ?1 AND seq > ?2 ORDER BY seq";

    ACQUIRE = "INSERT INTO locks (name, request_id, note) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING";
    TAKE_OVER = "INSERT INTO locks (name, request_id, note) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET request_id = ?2, note = ?3 WHERE locks.note = ?4";
    HOLDER = "SELECT request_id, note FROM locks WHERE name = ?1";
    GIVE_BACK = "DELETE FROM locks WHERE name = ?1 AND request_id = ?2";
    LOCKS = "SELECT name, request_id, note FROM locks WHERE name >= ?1 AND name < ?2 ORDER BY name LIMIT 1000";

    PROMISE = "INSERT INTO jobs (key, lane, kind, due_at, free_at) VALUES (?1, ?2, ?3, ?4, ?4)
        ON CONFLICT (key) DO NOTHING";

    ARRIVE = "INSERT INTO arrivals (jobs, due_at) VALUES (?1, ?2)";
    ARRIVED = "SELECT number, jobs FROM arrivals ORDER BY number LIMIT 1";
    ARRIVED_DUE = "SELECT due_at FROM arrivals ORDER BY number LIMIT 1";
    UNPACKED = "DELETE FROM arrivals WHERE number = ?1";
    PARK_ARRIVAL = "INSERT INTO jobs (key, lane, kind, due_at, free_at, status, error)
        VALUES (?1, ?2, ?3, 0, 0, 'parked', ?4) ON CONFLICT (key) DO NOTHING";

    CLAIMABLE = "SELECT number, key, kind, attempts FROM jobs
        WHERE status = 'waiting' AND lane = ?1 AND free_at <= ?2 ORDER BY free_at, number LIMIT ?3";
    CLAIM = "UPDATE jobs SET lease = ?2, free_at = ?3, attempts = attempts + 1 WHERE number = ?1";
    PARK_UNREADABLE = "UPDATE jobs SET status = 'parked', lease = NULL, error = ?2 WHERE number = ?1";
    // A done job is kept for its key alone.
    SETTLE_DONE = "UPDATE jobs SET status = 'done', lease = NULL, error = NULL, kind = '', settled_at = ?3
        WHERE key = ?1 AND lease = ?2";
    SETTLE_AGAIN = "UPDATE jobs SET lease = NULL, error = NULL, attempts = 0, due_at = ?3, free_at = ?3
        WHERE key = ?1 AND lease = ?2";
    SETTLE_RETRY = "UPDATE jobs SET lease = NULL, error = ?4, due_at = ?3, free_at = ?3
        WHERE key = ?1 AND lease = ?2";
    SETTLE_PARKED = "UPDATE jobs SET status = 'parked', lease = NULL, error = ?3 WHERE key = ?1 AND lease = ?2";
    RELEASE = "UPDATE jobs SET lease = NULL, attempts = attempts - 1, free_at = due_at
        WHERE key = ?1 AND lease = ?2";
    FORGET_JOBS = "DELETE FROM jobs WHERE number IN (SELECT number FROM jobs
        WHERE status = 'done' AND settled_at < ?1 ORDER BY settled_at LIMIT ?2)";
    NEXT_DUE = "SELECT free_at FROM jobs WHERE status = 'waiting' AND lane = ?1 ORDER BY free_at LIMIT 1";
    TROUBLED = "SELECT key, status, attempts, error FROM jobs INDEXED BY jobs_in_trouble
        WHERE error IS NOT NULL ORDER BY status, number LIMIT ?1";

    VALUE = "SELECT value, version FROM kv WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
    VERSION = "SELECT version, expires_at IS NULL OR expires_at > ?2 FROM kv WHERE key = ?1";
    PUT = "INSERT INTO kv (key, value, version, expires_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key) DO UPDATE SET value = ?2, version = ?3, expires_at = ?4";
    FORGET_VALUES = "DELETE FROM kv WHERE number IN (SELECT number FROM kv
        WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
}
