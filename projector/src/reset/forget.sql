-- Every build's place in the log. Whoever is about to move one is waited for, and then moves none.
DELETE FROM checkpoints AS c
USING builds AS b
WHERE b.projection = $1
  AND c.name = b.projection || '@' || b.build
