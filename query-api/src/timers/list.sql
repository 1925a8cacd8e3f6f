-- In the order of time. The state is always given, so that the index of what is armed answers, however much has closed.
SELECT
    timer_id,
    kind,
    booking,
    generation,
    state,
    armed_at,
    due_at,
    published_at,
    attempts,
    closed_at,
    closed_by
FROM timers
WHERE state = $1
  AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR booking = $3)
  AND ($4::timestamptz IS NULL OR due_at < $4)
  AND ($5::timestamptz IS NULL OR (due_at, timer_id) > ($5, $6::uuid))
ORDER BY due_at, timer_id
LIMIT $7
