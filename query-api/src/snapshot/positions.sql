-- How far the live builds of projections $1 have come, and in which log.
SELECT
    c.log_id,
    c.position
FROM checkpoints AS c
JOIN builds AS b ON c.name = b.projection || '@' || b.build
WHERE b.state = 'live'
  AND b.projection = ANY ($1)
