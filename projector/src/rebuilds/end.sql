-- How rebuilds ended, as the log says. An abort that came after the switch comes too late: the build is live.
UPDATE rebuilds AS r
SET
    state = e.state,
    finished_at = e.finished_at,
    error = e.error,
    lease_until = NULL
FROM jsonb_to_recordset($1::jsonb) AS e (id uuid, state text, finished_at timestamptz, error text)
WHERE r.id = e.id
  AND r.state IN ('requested', 'building', 'switching', 'differs')
  AND (
      e.state = 'switched'
      OR NOT EXISTS (
          SELECT
          FROM builds AS b
          WHERE b.projection = r.projection
            AND b.build = r.build
            AND b.state = 'live'
      )
  )
