-- What was live before and is no more at $2, when an operator said so: not what became old later, where the log is read
-- again.
UPDATE builds AS b
SET unwanted = true
WHERE b.projection = $1
  AND b.state = 'old'
  AND EXISTS (
      SELECT
      FROM builds AS newer
      WHERE newer.projection = b.projection
        AND newer.build > b.build
        AND newer.switched_at <= $2
  )
