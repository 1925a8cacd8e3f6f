-- The trace of the event that a row came of (W3C traceparent), where its request was traced: what the row leads to goes on
-- with it. NULL where it was not, and where an older build wrote the row.
ALTER TABLE timers
    ADD COLUMN trace text;
ALTER TABLE outbox
    ADD COLUMN trace text;
