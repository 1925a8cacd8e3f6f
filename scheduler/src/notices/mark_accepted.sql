UPDATE outbox
SET accepted_at = $2,
    channel = $3,
    message_id = $4
WHERE intent = $1
