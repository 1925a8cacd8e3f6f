UPDATE timers
SET published_at = NULL,
    claimed_until = NULL
WHERE timer_id IN (
    SELECT timer_id
    FROM timers
    WHERE timer_id = ANY ($1::uuid[])
        AND state = 'armed'
    FOR UPDATE SKIP LOCKED
)
