UPDATE webhooks
SET generation = $2,
    rotated_at = $3
WHERE webhook = $1
