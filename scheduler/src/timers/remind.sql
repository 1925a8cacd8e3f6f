-- A reminder is due: its row is closed and the message intended, both or neither. A row that is closed already was due
-- before, or is of a booking that is off.
WITH due AS (
    UPDATE timers
    SET state = 'closed',
        closed_by = $2,
        closed_at = $3
    WHERE timer_id = $1
        AND state = 'armed'
    RETURNING timer_id, stream, source_position, trace
)
INSERT INTO outbox (intent, kind, subject_stream, source_event, source_position, payload, valid_until, next_attempt_at, trace)
SELECT $4, $5, due.stream, due.timer_id, due.source_position, $6, $7, $3, due.trace
FROM due
ON CONFLICT ON CONSTRAINT outbox_pkey DO NOTHING
