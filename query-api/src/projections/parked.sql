-- What could not be applied, and what waits behind it.
SELECT
    p.build,
    b.state = 'live' AS "is_live!",
    p.position,
    p.event,
    p.stream,
    p.kind,
    p.key,
    p.error,
    p.parked_at
FROM parked AS p
JOIN builds AS b
    ON b.projection = p.projection
    AND b.build = p.build
WHERE p.projection = $1
  AND ($2::text IS NULL OR p.key = $2)
  AND ($3::integer IS NULL OR (p.build, p.position) > ($3, $4::bigint))
ORDER BY p.build, p.position
LIMIT $5
