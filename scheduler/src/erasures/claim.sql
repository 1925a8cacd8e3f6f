-- The claim is the next attempt: a worker that dies leaves the row to the next one.
UPDATE erasures
SET next_attempt_at = $2,
    attempts = attempts + 1
WHERE user_id IN (
    SELECT user_id
    FROM erasures
    WHERE next_attempt_at <= $1
        AND NOT finished
    ORDER BY next_attempt_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
RETURNING kind, user_id, event_id, attempts
