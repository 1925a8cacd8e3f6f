-- The log: everything that ever happened, in one table and one order.
--
-- No partitions: making one waits behind the longest reader, and every append waits behind that. No sequence and no
-- identity either: they hand out numbers before the commit, so that a reader can see 7 before 6 is there, and leave
-- holes that look the same as a number which is still to come.
CREATE TABLE events (
    -- Without holes, and in the order of the commits: 0003_append_events.sql sees to both.
    position    bigint      NOT NULL,
    -- Compared byte by byte: names are ASCII, and no upgrade of a collation may ever reorder the index.
    stream_id   text        COLLATE "C" NOT NULL,
    -- Counts from 0.
    revision    bigint      NOT NULL,
    event_id    uuid        NOT NULL,
    type        text        COLLATE "C" NOT NULL,
    -- The JSON as it was written. jsonb would refuse U+0000 and put keys in another order.
    data        bytea       NOT NULL,
    meta        bytea       NOT NULL,
    -- The server's own time, for people who search for a fault. Nothing decides by it: time is `at` in `meta`.
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT events_pkey PRIMARY KEY (position),
    CONSTRAINT events_stream_revision UNIQUE (stream_id, revision),
    CONSTRAINT events_revision_counts_from_zero CHECK (0 <= revision)
);
