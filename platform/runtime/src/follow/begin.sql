-- Moves checkpoint $1 of log $2 from the beginning to $3; touches no row if somebody was faster.
INSERT INTO checkpoints AS c (name, log_id, position)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE
SET position = $3
WHERE c.position = 0
  AND c.log_id = $2
RETURNING pg_notify('courtside_read', $1)
