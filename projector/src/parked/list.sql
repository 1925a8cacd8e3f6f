-- What could not be applied: to live builds, and by rebuilds that failed.
SELECT
    p.projection,
    p.build,
    b.state = 'live' AS "is_live!",
    p.position,
    p.event,
    p.stream,
    p.kind,
    p.key,
    p.error AS "error!",
    p.parked_at,
    (
        SELECT count(*)
        FROM parked AS w
        WHERE w.projection = p.projection
          AND w.build = p.build
          AND w.key = p.key
          AND w.error IS NULL
    ) AS "behind!"
FROM parked AS p
JOIN builds AS b
    ON b.projection = p.projection
    AND b.build = p.build
WHERE p.error IS NOT NULL
  AND ($1::text IS NULL OR p.projection = $1)
  AND ($2::uuid IS NULL OR p.event = $2)
ORDER BY p.projection, p.build, p.position
