-- Who asked twice is erased once.
INSERT INTO erasures (kind, user_id, event_id, next_attempt_at)
SELECT asked.kind, asked.user_id, asked.event_id, $4
FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS asked (kind, user_id, event_id)
ON CONFLICT ON CONSTRAINT erasures_pkey DO NOTHING
