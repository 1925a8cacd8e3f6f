-- The log takes no report that leads backwards, so the last one of each stands.
UPDATE outbox
SET delivery = reported.status,
    delivery_code = reported.code
FROM unnest($1::uuid[], $2::text[], $3::int[]) AS reported (intent, status, code)
WHERE outbox.intent = reported.intent
