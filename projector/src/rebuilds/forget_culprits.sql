-- What earlier rebuilds of $1 failed at.
DELETE FROM parked AS p
USING builds AS b
WHERE p.projection = $1
  AND b.projection = p.projection
  AND b.build = p.build
  AND b.state <> 'live'
