-- What the live build of `availability` did to courts' time, one row an event, for those who listen to a venue's day. Only
-- the newest are kept. They are announcements, not part of the read model: a rebuild writes none.
CREATE TABLE live_changes (
    build      integer     NOT NULL,
    -- The build's, when the row was written: rows of another epoch are not the whole.
    epoch      integer     NOT NULL,
    position   bigint      NOT NULL,
    -- Counts rows, as positions need not: the lowest go first.
    n          bigint      GENERATED ALWAYS AS IDENTITY,
    court      text        NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    state      text        NOT NULL,
    held_until timestamptz,
    block      uuid,
    cause      text,
    CONSTRAINT live_changes_pkey PRIMARY KEY (build, epoch, position),
    CONSTRAINT live_changes_state CHECK (state IN ('held', 'booked', 'blocked', 'free'))
);

CREATE UNIQUE INDEX live_changes_n
    ON live_changes (n);

-- Raised when parked events are applied late: whoever has listened up to some position has not seen them.
ALTER TABLE builds ADD COLUMN epoch integer NOT NULL DEFAULT 0;
