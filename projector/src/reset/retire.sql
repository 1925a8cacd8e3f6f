-- Their tables go as those of ended rebuilds do, once the views stand on others.
UPDATE builds
SET
    state = 'aborted',
    lockstep = false
WHERE projection = $1
  AND dropped_at IS NULL
