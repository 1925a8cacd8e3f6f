-- Messages that events made necessary. What was sent stands in the log (notice-<intent>), not here: this table can be
-- dropped and replayed, and nothing is sent again.
CREATE TABLE outbox (
    -- UUIDv5 of the source event and the kind: the same intent however often it is derived.
    intent          uuid        NOT NULL,
    kind            text        NOT NULL,
    -- Whose mail it is, where the event says so; else the worker learns it from the subject's stream.
    user_id         uuid,
    subject_stream  text        NOT NULL,
    source_event    uuid        NOT NULL,
    source_position bigint      NOT NULL,
    -- Ids and sealed texts. Nobody's name or address stands here in clear.
    payload         jsonb       NOT NULL,
    -- Later than this it would only confuse: it is closed unsent.
    valid_until     timestamptz NOT NULL,
    state           text        NOT NULL DEFAULT 'pending',
    -- The provider took it; only the record is missing. Whoever finds this does not send, but records.
    accepted_at     timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    -- Not before this; a worker at it moves this ahead, so that another one takes it only if that one died.
    next_attempt_at timestamptz NOT NULL,
    -- A reason without personal data: a provider's own words often quote the address.
    last_error      text,
    CONSTRAINT outbox_pkey PRIMARY KEY (intent),
    CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sent', 'expired', 'dead'))
);

CREATE INDEX outbox_pending ON outbox (next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_dead ON outbox (source_position) WHERE state = 'dead';
