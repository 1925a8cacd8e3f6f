SELECT
    b.projection,
    b.build,
    c.position,
    b.last_error IS NOT NULL AS "is_waiting!",
    p.parked AS "parked!",
    p.behind AS "behind!"
FROM builds AS b
JOIN checkpoints AS c
    ON c.name = b.projection || '@' || b.build
CROSS JOIN LATERAL (
    SELECT
        count(p.error) AS parked,
        count(*) - count(p.error) AS behind
    FROM parked AS p
    WHERE p.projection = b.projection
      AND p.build = b.build
) AS p
WHERE b.state = 'live'
