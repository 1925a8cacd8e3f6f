-- In which log and how far followers $1 have come.
SELECT
    name,
    log_id,
    position
FROM checkpoints
WHERE name = ANY ($1)
ORDER BY name
