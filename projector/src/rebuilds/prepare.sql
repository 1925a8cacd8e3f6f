INSERT INTO checkpoints AS c (name, log_id, position)
VALUES ($1, $2, 0)
ON CONFLICT (name) DO UPDATE
SET
    log_id = excluded.log_id,
    position = 0
WHERE c.log_id <> excluded.log_id
   OR c.position > $3
