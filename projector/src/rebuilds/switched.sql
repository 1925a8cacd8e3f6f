UPDATE rebuilds
SET
    state = 'switched',
    finished_at = now(),
    lease_until = NULL
WHERE id = $1
  AND state IN ('requested', 'building', 'switching', 'differs')
