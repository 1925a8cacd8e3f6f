-- Projections that operators have paused, as the log says: they neither follow it nor are rebuilt.
CREATE TABLE pauses (
    projection text        NOT NULL,
    since      timestamptz NOT NULL,
    paused_by  text,
    reason     text        NOT NULL,
    CONSTRAINT pauses_pkey PRIMARY KEY (projection)
);

-- An operator does not want this build kept, though no newer one was live.
ALTER TABLE builds ADD COLUMN unwanted boolean NOT NULL DEFAULT false;
