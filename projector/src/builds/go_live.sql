UPDATE builds
SET
    state = 'live',
    lockstep = false,
    switched_at = now(),
    last_error = NULL,
    failed_at = NULL
WHERE projection = $1
  AND build = $2
