-- What was told in telling $1.$2 after $3 and up to $4: of every day, or of what venue $5 has between $6 and $7.
SELECT
    c.position,
    k.venue AS "venue!",
    c.court,
    c.starts_at,
    c.ends_at,
    c.state,
    c.held_until,
    c.block,
    c.cause
FROM live_changes AS c
JOIN courts_v1 AS k
    ON k.code = c.court
WHERE c.build = $1
  AND c.epoch = $2
  AND c.position > $3
  AND c.position <= $4
  AND (
      $5::text IS NULL
      OR (
          k.venue = $5
          AND c.ends_at > $6
          AND c.starts_at < $7
      )
  )
ORDER BY c.position
LIMIT $8
