UPDATE webhook_deliveries
SET attempts = $2,
    last_status = $3,
    last_error = $4,
    next_attempt_at = $5
WHERE delivery = $1
    AND state = 'pending'
