SELECT
    key_id,
    subject,
    event_id,
    destroyed_at
FROM tombstones
WHERE $1::uuid IS NULL OR key_id > $1
ORDER BY key_id
LIMIT $2
