UPDATE webhook_deliveries
SET accepted_at = $3,
    last_status = $2
WHERE delivery = $1
