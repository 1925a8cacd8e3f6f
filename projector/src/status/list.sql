-- The live builds, and the rebuild that is on its way for each.
SELECT
    b.projection,
    b.build,
    b.last_error,
    r.error AS "rebuild_error?",
    c.log_id,
    c.position,
    EXISTS (
        SELECT
        FROM pauses AS q
        WHERE q.projection = b.projection
    ) AS "is_paused!",
    p.parked AS "parked!",
    p.behind AS "behind!",
    r.id AS "id?",
    r.build AS "rebuild_build?",
    r.state AS "state?",
    r.done AS "done?",
    r.total AS "total?",
    r.events_per_second AS "events_per_second?",
    r.differences AS "differences?: Json<Vec<Difference>>"
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
LEFT JOIN rebuilds AS r
    ON r.projection = b.projection
    AND r.state IN ('requested', 'building', 'switching', 'differs')
WHERE b.state = 'live'
ORDER BY b.projection
