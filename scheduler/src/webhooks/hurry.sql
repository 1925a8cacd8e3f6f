-- What has waited all the while is due at $2, and has all its attempts before it.
UPDATE webhook_deliveries
SET next_attempt_at = $2,
    attempts = 0
WHERE webhook = $1
    AND state = 'pending'
