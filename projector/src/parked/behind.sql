SELECT
    position,
    event,
    kind
FROM parked
WHERE projection = $1
  AND build = $2
  AND key = $3
  AND error IS NULL
ORDER BY position
LIMIT $4
