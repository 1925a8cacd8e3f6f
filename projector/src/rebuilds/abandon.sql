-- A build whose rebuild is over and that was not switched to will never be.
UPDATE builds AS b
SET
    state = 'aborted',
    lockstep = false
WHERE b.state = 'building'
  AND NOT EXISTS (
      SELECT
      FROM rebuilds AS r
      WHERE r.projection = b.projection
        AND r.build = b.build
        AND r.state IN ('requested', 'building', 'switching', 'differs')
  )
