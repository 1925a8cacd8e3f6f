INSERT INTO checkpoints (name, log_id, position)
VALUES ($1, $2, 0)
