-- Webhooks that are not stopped and have something to be told by $1.
SELECT
    webhook,
    url,
    generation,
    rotated_at
FROM webhooks
WHERE stopped_at IS NULL
    AND EXISTS (
        SELECT 1
        FROM webhook_deliveries AS waiting
        WHERE waiting.webhook = webhooks.webhook
            AND waiting.state = 'pending'
            AND waiting.next_attempt_at <= $1
    )
