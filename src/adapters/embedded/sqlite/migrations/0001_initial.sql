-- Times are microseconds since 1970. Bodies are the domain's JSON; the columns
-- beside them exist only to find, order and guard.

CREATE TABLE requests (
    number    INTEGER PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    short_key TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    requester TEXT    NOT NULL,
    queued_at INTEGER,
    body      TEXT    NOT NULL
) STRICT;

CREATE INDEX requests_by_short_key ON requests (short_key, id);
CREATE INDEX requests_by_state ON requests (state, id);
CREATE INDEX requests_by_requester ON requests (requester, id);
CREATE INDEX requests_by_requester_and_state ON requests (requester, state, id);
CREATE INDEX requests_in_line ON requests (queued_at, id) WHERE state = 'queued';

CREATE TABLE events (
    number     INTEGER PRIMARY KEY,
    request_id TEXT    NOT NULL REFERENCES requests (id),
    seq        INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    UNIQUE (request_id, seq)
) STRICT;

CREATE TRIGGER events_follow_each_other BEFORE INSERT ON events
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM events WHERE request_id = NEW.request_id), 0)
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

-- free_at is when a job may be claimed: due_at, or the end of its present lease.
CREATE TABLE jobs (
    number     INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    lane       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    due_at     INTEGER NOT NULL,
    free_at    INTEGER NOT NULL,
    lease      TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    status     TEXT    NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'done', 'parked')),
    error      TEXT,
    settled_at INTEGER
) STRICT;

CREATE INDEX jobs_to_claim ON jobs (lane, free_at) WHERE status = 'waiting';
CREATE INDEX jobs_to_forget ON jobs (settled_at) WHERE status = 'done';
CREATE INDEX jobs_in_trouble ON jobs (status, number) WHERE error IS NOT NULL;

CREATE TABLE locks (
    name       TEXT NOT NULL PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES requests (id),
    note       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE kv (
    number     INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    value      TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE INDEX kv_to_forget ON kv (expires_at) WHERE expires_at IS NOT NULL;
