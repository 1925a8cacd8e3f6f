-- How far the live builds of what is compared have come, and in which log.
SELECT
    b.projection,
    c.position,
    c.log_id
FROM builds AS b
JOIN checkpoints AS c
    ON c.name = b.projection || '@' || b.build
WHERE b.state = 'live'
  AND b.projection IN ('logins', 'sessions')
ORDER BY b.projection
