-- Events that a build could not apply, and those of the same key that wait behind them. Kept whole, so that whoever
-- applies them later needs nothing else.
CREATE TABLE parked (
    projection text        NOT NULL,
    build      integer     NOT NULL,
    position   bigint      NOT NULL,
    -- Whose rows it would change; what is of another key does not wait for it.
    key        text        NOT NULL,
    event      uuid        NOT NULL,
    stream     text        NOT NULL,
    revision   bigint      NOT NULL,
    kind       text        NOT NULL,
    -- As they stand in the log, byte for byte: JSON.
    data       bytea       NOT NULL,
    meta       bytea       NOT NULL,
    -- Why it could not be applied; NULL where it waits behind another.
    error      text,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT parked_pkey PRIMARY KEY (projection, build, position)
);

CREATE INDEX parked_by_key
    ON parked (projection, build, key, position);
