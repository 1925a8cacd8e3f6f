-- The places of the live builds whose listeners begin anew when $1 applies events late.
SELECT c.position
FROM checkpoints AS c
JOIN builds AS b
    ON c.name = b.projection || '@' || b.build
WHERE b.state = 'live'
  AND (b.projection = $1 OR (b.projection = 'availability' AND $1 = 'courts'))
ORDER BY c.name
FOR UPDATE OF c
