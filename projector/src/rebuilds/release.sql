UPDATE rebuilds
SET lease_until = NULL
WHERE id = $1
  AND epoch = $2
