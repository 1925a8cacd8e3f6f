UPDATE outbox
SET accepted_at = $2
WHERE intent = $1
