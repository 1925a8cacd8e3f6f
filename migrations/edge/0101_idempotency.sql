-- What became of commands that came with an Idempotency-Key. Losing this table loses comfort, never truth: commands
-- find their own events in the log again. Ids and hashes only, nothing personal.
CREATE TABLE idempotency (
    command_id  uuid        NOT NULL,
    -- SHA-256 of method, path and body: another request under the same key is a mistake.
    fingerprint bytea       NOT NULL,
    state       text        NOT NULL,
    -- While running: after this, whoever had it is gone.
    lease_until timestamptz NOT NULL,
    -- Once done: the HTTP status (2xx only) and the Courtside-Position of the answer.
    status      integer,
    position    text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,

    CONSTRAINT idempotency_pkey PRIMARY KEY (command_id),
    CONSTRAINT idempotency_state CHECK (state IN ('running', 'done')),
    CONSTRAINT idempotency_done_has_status CHECK (state = 'running' OR status BETWEEN 200 AND 299)
);

CREATE INDEX idempotency_expires_at ON idempotency (expires_at);
