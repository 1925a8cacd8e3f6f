-- The same event, by a delivery of its own ($1), as $2 told it.
INSERT INTO webhook_deliveries (delivery, webhook, event, kind, body, happened_at, caused_at, source_position, next_attempt_at)
SELECT $1::uuid, former.webhook, former.event, former.kind, former.body, former.happened_at, $3::timestamptz, $4::bigint, $3::timestamptz
FROM webhook_deliveries AS former
WHERE former.delivery = $2
ON CONFLICT ON CONSTRAINT webhook_deliveries_pkey DO NOTHING
