-- A rebuild that was asked for and is not over begins with a build of its own; who worked on it does so no more.
UPDATE rebuilds
SET
    build = NULL,
    state = 'requested',
    done = 0,
    total = 0,
    differences = NULL,
    epoch = epoch + 1,
    lease_until = NULL
WHERE projection = $1
  AND state IN ('requested', 'building', 'switching', 'differs')
