UPDATE webhook_deliveries
SET state = $2,
    attempts = $3,
    last_status = coalesce($4, last_status),
    last_error = $5,
    ended_at = $6
WHERE delivery = $1
    AND state = 'pending'
