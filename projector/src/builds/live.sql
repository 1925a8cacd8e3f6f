SELECT
    b.projection,
    b.build,
    c.position
FROM builds AS b
JOIN checkpoints AS c
    ON c.name = b.projection || '@' || b.build
WHERE b.state = 'live'
