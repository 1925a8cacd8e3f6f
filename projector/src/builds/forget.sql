WITH workers AS (
    DELETE FROM rebuild_workers
    WHERE projection = $2
      AND build = $3
)
DELETE FROM checkpoints
WHERE name = $1
