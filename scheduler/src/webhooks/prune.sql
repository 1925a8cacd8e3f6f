-- Whatever became of it: what happened before $1 is not told any more, and a replay does not make it again.
DELETE FROM webhook_deliveries
WHERE delivery IN (
    SELECT delivery
    FROM webhook_deliveries
    WHERE happened_at < $1
    ORDER BY happened_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
