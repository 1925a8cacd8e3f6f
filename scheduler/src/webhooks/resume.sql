UPDATE webhooks
SET stopped_because = NULL,
    stopped_at = NULL
WHERE webhook = $1
