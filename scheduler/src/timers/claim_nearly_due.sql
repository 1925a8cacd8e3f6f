-- Several relays share the work: each takes rows that no other has. A claim that ran out was a relay that died.
-- Both ends of the time are given, so that the index answers, however many timers wait.
UPDATE timers
SET claimed_until = $3,
    attempts = attempts + 1
WHERE timer_id IN (
    SELECT timer_id
    FROM timers
    WHERE state = 'armed'
        AND kind = ANY ($1::text[])
        AND due_at > $4
        AND due_at <= $5
        AND published_at IS NULL
        AND (claimed_until IS NULL OR claimed_until <= $2)
    ORDER BY due_at
    LIMIT $6
    FOR UPDATE SKIP LOCKED
)
RETURNING timer_id, kind, stream, booking, generation, armed_at, due_at, trace
