UPDATE outbox
SET next_attempt_at = $2,
    last_error = $3
WHERE intent = $1
    AND state = 'pending'
