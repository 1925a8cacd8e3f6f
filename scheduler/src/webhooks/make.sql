-- A row that is there already is the same delivery, told again by a replay: what became of it stands.
INSERT INTO webhook_deliveries (delivery, webhook, event, kind, body, happened_at, caused_at, source_position, next_attempt_at)
SELECT made.delivery, made.webhook, made.event, made.kind, made.body, made.at, made.at, made.position, made.at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])
    AS made (delivery, webhook, event, kind, body, at, position)
ON CONFLICT ON CONSTRAINT webhook_deliveries_pkey DO NOTHING
