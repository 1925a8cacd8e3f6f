-- In the order of their ids, after one of them.
SELECT
    kind,
    user_id,
    event_id
FROM erasures
WHERE finished
    AND ($1::uuid IS NULL OR user_id > $1)
ORDER BY user_id
LIMIT $2
