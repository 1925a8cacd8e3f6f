-- Whether it was ever published is not asked: what the broker lost was published too.
UPDATE timers
SET claimed_until = $3,
    attempts = attempts + 1
WHERE timer_id IN (
    SELECT timer_id
    FROM timers
    WHERE state = 'armed'
        AND kind = ANY ($1::text[])
        AND due_at <= $4
        AND (claimed_until IS NULL OR claimed_until <= $2)
    ORDER BY due_at
    LIMIT $5
    FOR UPDATE SKIP LOCKED
)
RETURNING timer_id, kind, stream, booking, generation, armed_at, due_at, trace
