-- The update changes nothing, and locks the row.
INSERT INTO rebuild_workers AS w (projection, build, worker, position)
VALUES ($1, $2, $3, 0)
ON CONFLICT ON CONSTRAINT rebuild_workers_pkey DO UPDATE
SET position = w.position
RETURNING position
