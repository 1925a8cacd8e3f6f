UPDATE builds
SET dropped_at = now()
WHERE projection = $1
  AND build = $2
