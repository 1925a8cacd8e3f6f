SELECT
    log_id,
    position
FROM checkpoints
WHERE name = $1
