UPDATE rebuild_workers
SET position = $4
WHERE projection = $1
  AND build = $2
  AND worker = $3
