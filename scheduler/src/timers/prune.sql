-- Oldest first, by the index of what is closed. What another one removes just now is left to it.
DELETE FROM timers
WHERE timer_id IN (
    SELECT timer_id
    FROM timers
    WHERE state = 'closed'
        AND COALESCE(closed_at, due_at) < $1
        AND (ended_position IS NOT NULL OR kind = 'canary')
    ORDER BY COALESCE(closed_at, due_at)
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
