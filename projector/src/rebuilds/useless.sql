SELECT
    b.projection,
    b.build
FROM builds AS b
WHERE b.dropped_at IS NULL
  AND (
      b.state = 'aborted'
      OR (b.state = 'old' AND b.unwanted)
      OR (
          b.state = 'old'
          AND EXISTS (
              SELECT
              FROM builds AS newer
              WHERE newer.projection = b.projection
                AND newer.state = 'old'
                AND newer.build > b.build
          )
      )
  )
