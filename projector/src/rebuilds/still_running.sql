SELECT virtualtransaction AS "it!"
FROM pg_locks
WHERE locktype = 'virtualxid'
  AND mode = 'ExclusiveLock'
  AND granted
  AND virtualtransaction = ANY ($1)
