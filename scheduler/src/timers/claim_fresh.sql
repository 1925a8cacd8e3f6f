-- Holds that have just begun, of a duration that the transport carries whole. In the order of their beginning: the
-- index of what is unpublished then answers from its young end.
UPDATE timers
SET claimed_until = $2,
    attempts = attempts + 1
WHERE timer_id IN (
    SELECT timer_id
    FROM timers
    WHERE state = 'armed'
        AND kind = 'hold'
        AND published_at IS NULL
        AND armed_at > $3
        AND ROUND(EXTRACT(EPOCH FROM due_at - armed_at)) = ANY ($4::bigint[])
        AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY armed_at
    LIMIT $5
    FOR UPDATE SKIP LOCKED
)
RETURNING timer_id, stream, booking, generation, armed_at, due_at
