-- Moves checkpoint $1 of log $2 from $3 to $4; touches no row if it is no longer there. One that was taken away is
-- not made anew: its rows went with it, and are written again from the beginning.
UPDATE checkpoints
SET position = $4
WHERE name = $1
  AND log_id = $2
  AND position = $3
RETURNING pg_notify('courtside_read', $1)
