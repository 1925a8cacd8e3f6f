-- There are few.
SELECT
    webhook,
    url,
    types,
    description,
    added_at,
    rotated_at,
    stopped_at,
    stopped_because,
    (
        SELECT count(*)
        FROM webhook_deliveries AS waiting
        WHERE waiting.webhook = webhooks.webhook
            AND waiting.state = 'pending'
    ) AS "pending!"
FROM webhooks
WHERE $1::uuid IS NULL OR webhook > $1
ORDER BY webhook
LIMIT $2
