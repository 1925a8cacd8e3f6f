-- How far the live builds of projections $1 have come, and followers of these names that have no builds; and in which
-- log.
SELECT
    c.log_id,
    c.position
FROM checkpoints AS c
LEFT JOIN builds AS b ON c.name = b.projection || '@' || b.build
    AND b.state = 'live'
WHERE b.projection = ANY ($1)
  OR c.name = ANY ($1)
