-- What waits for one that is stopped waits for somebody to resume it.
SELECT min(waiting.caused_at)
FROM webhook_deliveries AS waiting
INNER JOIN webhooks ON webhooks.webhook = waiting.webhook
WHERE waiting.state = 'pending'
    AND webhooks.stopped_at IS NULL
