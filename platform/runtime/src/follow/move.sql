-- Moves checkpoint $1 of log $2 from $3 to $4; touches no row if it is no longer there.
INSERT INTO checkpoints AS c (name, log_id, position)
VALUES ($1, $2, $4)
ON CONFLICT (name) DO UPDATE
SET position = $4
WHERE c.position = $3
  AND c.log_id = $2
