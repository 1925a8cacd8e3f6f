-- Who asked twice is erased once.
INSERT INTO erasures (user_id, event_id, next_attempt_at)
SELECT asked.user_id, asked.event_id, $3
FROM unnest($1::uuid[], $2::uuid[]) AS asked (user_id, event_id)
ON CONFLICT ON CONSTRAINT erasures_pkey DO NOTHING
