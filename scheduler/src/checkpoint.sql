SELECT position
FROM checkpoints
WHERE name = $1
    AND log_id = $2
