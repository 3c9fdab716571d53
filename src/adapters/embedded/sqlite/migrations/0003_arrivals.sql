-- Deliveries as they arrived, one JSON object a line: all that one commit took in are one row,
-- and a claim makes rows of `jobs` of them. due_at is that of the first one due.

CREATE TABLE arrivals (
    number INTEGER PRIMARY KEY,
    jobs   TEXT    NOT NULL,
    due_at INTEGER NOT NULL
) STRICT;
