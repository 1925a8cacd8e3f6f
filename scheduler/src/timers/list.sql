-- In the order of time.
SELECT
    timer_id,
    kind,
    stream,
    booking,
    generation,
    state,
    armed_at,
    due_at,
    published_at,
    claimed_until,
    attempts,
    closed_at,
    closed_by
FROM timers
WHERE ($1::text IS NULL OR state = $1)
  AND ($2::text IS NULL OR booking = $2)
  AND ($3::timestamptz IS NULL OR due_at < $3)
  AND ($4::uuid IS NULL OR timer_id = $4)
ORDER BY due_at, timer_id
LIMIT $5
