-- What became necessary last comes first.
SELECT
    delivery,
    event,
    kind,
    state,
    happened_at,
    caused_at,
    attempts,
    next_attempt_at,
    last_status,
    last_error,
    ended_at
FROM webhook_deliveries
WHERE webhook = $1
  AND ($2::text IS NULL OR state = $2)
  AND ($3::timestamptz IS NULL OR (caused_at, delivery) < ($3, $4::uuid))
ORDER BY caused_at DESC, delivery DESC
LIMIT $5
