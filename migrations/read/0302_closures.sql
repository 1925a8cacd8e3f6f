-- Closed days and retired courts on their way to the court-days they concern. All of it can be dropped and replayed: what
-- a court-day has to be is read from the venue's and the court's own streams.

-- Court-days that a place was ever held on, until they are over: only there does a closure concern anybody.
CREATE TABLE booked_days (
    court text NOT NULL,
    date  date NOT NULL,
    venue text NOT NULL,
    CONSTRAINT booked_days_pkey PRIMARY KEY (court, date)
);

CREATE INDEX booked_days_by_date
    ON booked_days (date, venue);

-- The last closure of a venue, and the last retirement of a court: a place that was sold by an older revision of its
-- stream was sold by somebody who did not know.
CREATE TABLE announcements (
    stream   text   NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT announcements_pkey PRIMARY KEY (stream)
);

-- Court-days that may have to be blocked, or opened again. A row is there until that is done.
CREATE TABLE closure_news (
    court           text        NOT NULL,
    date            date        NOT NULL,
    -- Of the last batch of events that concerned it: newer news than those that are worked on keep the row.
    position        bigint      NOT NULL,
    -- Not before this. A worker at it moves it ahead, and nobody else takes the row until then.
    next_attempt_at timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    CONSTRAINT closure_news_pkey PRIMARY KEY (court, date)
);

CREATE INDEX closure_news_due
    ON closure_news (next_attempt_at);
