UPDATE outbox
SET state = $2,
    ended_at = now(),
    last_error = $3
WHERE intent = $1
    AND state = 'pending'
