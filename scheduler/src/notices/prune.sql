-- Dead letters stay until somebody has looked at them.
DELETE FROM outbox
WHERE intent IN (
    SELECT intent
    FROM outbox
    WHERE state IN ('sent', 'expired')
        AND COALESCE(ended_at, valid_until) < $1
    ORDER BY COALESCE(ended_at, valid_until)
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
