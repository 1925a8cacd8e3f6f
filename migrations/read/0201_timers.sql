-- What falls due, in the order of time: an index of the log, kept by the scheduler's follower and rebuilt by replay.
CREATE TABLE timers (
    -- UUIDv5 of stream, kind, booking and generation: the same timer however often it is derived.
    timer_id        uuid        NOT NULL,
    kind            text        NOT NULL,
    stream          text        NOT NULL,
    booking         text        NOT NULL,
    generation      integer     NOT NULL,
    -- When the hold began, by its event. With due_at this is the hold's whole duration, which names its queue.
    armed_at        timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    state           text        NOT NULL,
    -- Confirmed by the broker. A message can still be lost with the broker: the sweep does not look at this.
    published_at    timestamptz,
    -- A relay or a sweep is at it; when that dies, another may take it from then on.
    claimed_until   timestamptz,
    -- How often one of them began.
    attempts        integer     NOT NULL DEFAULT 0,
    -- The event that armed it. An end recorded before this is another generation's.
    source_position bigint      NOT NULL,
    CONSTRAINT timers_pkey PRIMARY KEY (timer_id),
    CONSTRAINT timers_state_check CHECK (state IN ('armed', 'closed'))
);

-- The relay and the sweep ask for what is due; the follower closes by booking. Closed timers are nobody's question.
CREATE INDEX timers_armed_due ON timers (due_at) WHERE state = 'armed';
CREATE INDEX timers_armed_booking ON timers (booking) WHERE state = 'armed';
-- Fresh holds, which go to the broker at once. Small: what is published leaves it.
CREATE INDEX timers_unpublished ON timers (armed_at) WHERE state = 'armed' AND published_at IS NULL;
