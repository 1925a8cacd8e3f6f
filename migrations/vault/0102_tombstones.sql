-- Which keys were destroyed on purpose. A key that is in neither table was lost, and that is a failure, not an erasure.
CREATE TABLE tombstones (
    -- For a subject that never had a key: an id that no key has.
    key_id       uuid        NOT NULL,
    -- Gets no key again, and nothing that follows it after a slash does.
    subject      text        COLLATE "C" NOT NULL,
    destroyed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The event that asked for it, where there was one.
    event_id     uuid        NULL,
    CONSTRAINT tombstones_pkey PRIMARY KEY (key_id)
);

CREATE INDEX tombstones_subject_idx ON tombstones (subject);
