UPDATE checkpoints
SET position = $2
WHERE name = $1
