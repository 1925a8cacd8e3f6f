-- Why it waits, and whether that is news. Others have their turn first.
UPDATE rebuilds AS r
SET
    error = $3,
    lease_until = now() + $4
FROM rebuilds AS before
WHERE r.id = $1
  AND r.epoch = $2
  AND r.state IN ('requested', 'building', 'switching')
  AND before.id = r.id
RETURNING before.error IS DISTINCT FROM $3 AS "is_news!"
