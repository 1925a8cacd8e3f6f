UPDATE webhooks
SET stopped_because = $2,
    stopped_at = $3
WHERE webhook = $1
