-- How far the live builds of projections $1 have come, and followers of these names that have no builds; in which log;
-- and whether what stands at $2 was put aside there.
SELECT
    c.log_id,
    c.position,
    EXISTS (
        SELECT
        FROM parked AS p
        WHERE p.projection = b.projection
          AND p.build = b.build
          AND p.position = $2
    ) AS "is_parked!"
FROM checkpoints AS c
LEFT JOIN builds AS b ON c.name = b.projection || '@' || b.build
    AND b.state = 'live'
WHERE b.projection = ANY ($1)
  OR c.name = ANY ($1)
