-- Whatever it waited for is over.
UPDATE builds
SET
    last_error = NULL,
    failed_at = NULL
WHERE projection = $1
  AND build = $2
  AND last_error IS NOT NULL
