UPDATE rebuilds
SET lease_until = now() + $3
WHERE id = $1
  AND epoch = $2
  AND state IN ('requested', 'building', 'switching')
