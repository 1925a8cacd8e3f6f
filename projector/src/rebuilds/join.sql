-- What its workers' places said, its own says now.
WITH joined AS (
    UPDATE builds
    SET
        lockstep = true,
        last_error = NULL,
        failed_at = NULL
    WHERE projection = $2
      AND build = $3
), merged AS (
    DELETE FROM rebuild_workers
    WHERE projection = $2
      AND build = $3
)
UPDATE rebuilds
SET state = 'switching'
WHERE id = $1
