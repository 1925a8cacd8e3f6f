-- The lease is the next attempt: a worker that dies leaves the row to the next one, once that time has come.
UPDATE outbox
SET next_attempt_at = $2,
    attempts = attempts + 1
WHERE intent IN (
    SELECT intent
    FROM outbox
    WHERE state = 'pending'
        AND next_attempt_at <= $1
    ORDER BY next_attempt_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
RETURNING
    intent,
    kind,
    user_id,
    subject_stream,
    source_event,
    payload,
    valid_until,
    accepted_at,
    channel,
    message_id,
    texted_at,
    mailed_because,
    next_attempt_at,
    attempts,
    trace
