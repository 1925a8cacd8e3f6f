-- What has just begun, of a duration that the transport carries whole. In the order of its beginning: the index of
-- what is unpublished then answers from its young end, however many timers wait for a day weeks ahead.
UPDATE timers
SET claimed_until = $3,
    attempts = attempts + 1
WHERE timer_id IN (
    SELECT timer_id
    FROM timers
    WHERE state = 'armed'
        AND kind = ANY ($1::text[])
        AND published_at IS NULL
        AND armed_at > $4
        AND ROUND(EXTRACT(EPOCH FROM due_at - armed_at)) = ANY ($5::bigint[])
        AND (claimed_until IS NULL OR claimed_until <= $2)
    ORDER BY armed_at
    LIMIT $6
    FOR UPDATE SKIP LOCKED
)
RETURNING timer_id, kind, stream, booking, generation, armed_at, due_at, trace
