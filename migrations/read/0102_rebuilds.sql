-- The rebuilds that operators asked for, as read from the log, and how far each has come.
CREATE TABLE rebuilds (
    id                uuid             NOT NULL,
    projection        text             NOT NULL,
    -- NULL until somebody has begun.
    build             integer,
    state             text             NOT NULL DEFAULT 'requested',
    -- The event that asked for it.
    event             uuid             NOT NULL,
    requested_at      timestamptz      NOT NULL,
    requested_by      text,
    -- Events replayed, and how many there are by now.
    done              bigint           NOT NULL DEFAULT 0,
    total             bigint           NOT NULL DEFAULT 0,
    events_per_second double precision,
    started_at        timestamptz,
    finished_at       timestamptz,
    error             text,
    -- Whose work it is: until `lease_until` that of the projector that was given `epoch`. Everything a worker
    -- commits asks for its epoch, so one that lost its lease changes nothing any more.
    epoch             bigint           NOT NULL DEFAULT 0,
    lease_until       timestamptz,
    CONSTRAINT rebuilds_pkey PRIMARY KEY (id),
    CONSTRAINT rebuilds_state
        CHECK (state IN ('requested', 'building', 'switching', 'switched', 'aborted', 'failed'))
);

CREATE INDEX rebuilds_unfinished
    ON rebuilds (requested_at)
    WHERE state IN ('requested', 'building', 'switching');

CREATE INDEX rebuilds_by_projection
    ON rebuilds (projection, requested_at);
