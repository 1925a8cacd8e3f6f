-- Rows that somebody is writing now are being closed: nobody needs to know of those, and waiting for several locks
-- at once is how two writers wait for each other.
UPDATE timers
SET published_at = $2,
    claimed_until = NULL
WHERE timer_id IN (
    SELECT timer_id
    FROM timers
    WHERE timer_id = ANY ($1::uuid[])
        AND state = 'armed'
    FOR UPDATE SKIP LOCKED
)
