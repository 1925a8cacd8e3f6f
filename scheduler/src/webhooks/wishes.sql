SELECT
    webhook,
    types
FROM webhooks
WHERE stopped_at IS NULL
ORDER BY webhook
