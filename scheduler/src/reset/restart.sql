DELETE FROM checkpoints
WHERE name = $1
RETURNING log_id
