INSERT INTO pauses (projection, since, paused_by, reason)
VALUES ($1, $2, $3, $4)
ON CONFLICT (projection) DO NOTHING
