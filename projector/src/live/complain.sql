UPDATE builds
SET
    last_error = $3,
    failed_at = now()
WHERE projection = $1
  AND build = $2
