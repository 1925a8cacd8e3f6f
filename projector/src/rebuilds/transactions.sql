-- The transactions that run in this database, by their virtual ids. Each holds a lock on its own; unlike
-- pg_stat_activity, pg_locks shows that of every role.
SELECT l.virtualtransaction AS "it!"
FROM pg_locks AS l
JOIN pg_stat_activity AS a
    ON a.pid = l.pid
WHERE l.locktype = 'virtualxid'
  AND l.mode = 'ExclusiveLock'
  AND l.granted
  AND a.datname = current_database()
  AND l.pid <> pg_backend_pid()
