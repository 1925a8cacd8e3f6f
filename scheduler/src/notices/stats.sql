SELECT
    count(*) FILTER (WHERE state = 'pending') AS "pending!",
    count(*) FILTER (WHERE state = 'dead') AS "dead!",
    min(next_attempt_at) FILTER (WHERE state = 'pending') AS oldest_pending_at
FROM outbox
WHERE state IN ('pending', 'dead')
