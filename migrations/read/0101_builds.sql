-- The tables of a projection, made anew for each rebuild, each in a schema of its own: `<projection>_b<build>`.
-- Queries read views, which stand on the tables of the live build; its checkpoint is named `<projection>@<build>`.
CREATE TABLE builds (
    projection  text        NOT NULL,
    build       integer     NOT NULL,
    state       text        NOT NULL,
    -- Whoever moves the live build moves this one in the same transaction.
    lockstep    boolean     NOT NULL DEFAULT false,
    made_at     timestamptz NOT NULL DEFAULT now(),
    switched_at timestamptz,
    -- Its tables are gone.
    dropped_at  timestamptz,
    -- Why its follower waits; NULL while it does not.
    last_error  text,
    failed_at   timestamptz,
    CONSTRAINT builds_pkey PRIMARY KEY (projection, build),
    CONSTRAINT builds_state CHECK (state IN ('building', 'live', 'old', 'aborted')),
    CONSTRAINT builds_lockstep CHECK (state = 'building' OR NOT lockstep)
);

CREATE UNIQUE INDEX builds_one_live
    ON builds (projection)
    WHERE state = 'live';

CREATE UNIQUE INDEX builds_one_building
    ON builds (projection)
    WHERE state = 'building';
