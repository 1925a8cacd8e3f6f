-- The log says what became of it. It has the last word, whatever a worker thought.
UPDATE webhook_deliveries
SET state = ended.state,
    attempts = ended.attempts,
    last_status = coalesce(ended.status, webhook_deliveries.last_status),
    last_error = CASE WHEN ended.state = 'delivered' THEN NULL ELSE webhook_deliveries.last_error END,
    ended_at = ended.at
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::timestamptz[])
    AS ended (delivery, state, attempts, status, at)
WHERE webhook_deliveries.delivery = ended.delivery
