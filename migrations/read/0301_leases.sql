-- Bookings whose player's lease may have to follow. A row is there until that is done; the table can be dropped and
-- replayed, because the lease is compared with the booking as it is by then.
CREATE TABLE lease_news (
    booking         text        NOT NULL,
    -- Of the last event about it: newer news than those that are worked on keep the row.
    position        bigint      NOT NULL,
    -- Not before this; a worker at it moves this ahead, so that another one takes it only if that one died.
    next_attempt_at timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    CONSTRAINT lease_news_pkey PRIMARY KEY (booking)
);

CREATE INDEX lease_news_due ON lease_news (next_attempt_at);
