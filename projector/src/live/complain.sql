-- Build $2 of $1 waits before the event at $5, because of $3; not where another projector has applied that one meanwhile. Its
-- place $4 is locked first, as by whoever applies: who comes later sees this, and says when it is over.
UPDATE builds
SET
    last_error = $3,
    failed_at = now()
FROM (
    SELECT position
    FROM checkpoints
    WHERE name = $4
      AND position < $5
    FOR UPDATE
) AS place
WHERE projection = $1
  AND build = $2
