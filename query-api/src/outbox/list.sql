-- The newest first, of one state: what is dead or pending has an index of its own, and what was sent goes after a week.
SELECT
    intent,
    kind,
    state,
    valid_until,
    attempts,
    next_attempt_at,
    last_error,
    channel,
    mailed_because,
    delivery,
    delivery_code,
    ended_at,
    source_position
FROM outbox
WHERE state = $1
  AND ($2::text IS NULL OR kind = $2)
  AND ($3::bigint IS NULL OR (source_position, intent) < ($3, $4::uuid))
ORDER BY source_position DESC, intent DESC
LIMIT $5
