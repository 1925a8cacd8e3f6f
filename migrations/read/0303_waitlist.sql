-- Waitlists that somebody waits on, and where their venues' courts are. All of it can be dropped and replayed: who waits,
-- who was offered what, and what is free are read from the streams.

-- Which courts a venue has: a court-day's name does not say its venue, and an offer needs every court there is.
CREATE TABLE waitlist_courts (
    court text NOT NULL,
    venue text NOT NULL,
    CONSTRAINT waitlist_courts_pkey PRIMARY KEY (court)
);

CREATE INDEX waitlist_courts_by_venue
    ON waitlist_courts (venue);

-- A row is there while anybody waits, or has an offer that has not ended.
CREATE TABLE waitlist_days (
    venue           text        NOT NULL,
    date            date        NOT NULL,
    -- Of the last batch of events that concerned it: newer news than those that are worked on are due at once.
    position        bigint      NOT NULL,
    -- Not before this. A worker at it moves it ahead, and nobody else takes the row until then.
    next_attempt_at timestamptz NOT NULL,
    -- 0 where nobody is at it.
    attempts        integer     NOT NULL DEFAULT 0,
    CONSTRAINT waitlist_days_pkey PRIMARY KEY (venue, date)
);

CREATE INDEX waitlist_days_due
    ON waitlist_days (next_attempt_at);
