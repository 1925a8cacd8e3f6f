-- The lease ($3) is the next attempt: a worker that dies leaves the row to the next one, once that time has come.
UPDATE webhook_deliveries
SET next_attempt_at = $3
WHERE delivery IN (
    SELECT delivery
    FROM webhook_deliveries
    WHERE webhook = $1
        AND state = 'pending'
        AND next_attempt_at <= $2
    ORDER BY next_attempt_at
    LIMIT $4
    FOR UPDATE SKIP LOCKED
)
RETURNING
    delivery,
    webhook,
    event,
    body,
    happened_at,
    caused_at,
    accepted_at,
    attempts,
    last_status
