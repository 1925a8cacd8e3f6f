-- People on their way out. A row is there until everything of theirs is gone; the table can be dropped and replayed,
-- because each step is already true when it is taken twice.
CREATE TABLE erasures (
    user_id         uuid        NOT NULL,
    -- The event that asked for it, which the tombstones of the keys name.
    event_id        uuid        NOT NULL,
    -- Not before this; a worker at it moves this ahead, so that another one takes it only if that one died.
    next_attempt_at timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    CONSTRAINT erasures_pkey PRIMARY KEY (user_id)
);

CREATE INDEX erasures_due ON erasures (next_attempt_at);
