-- Which telling is the present one, and as far as both projections have come in log $1.
SELECT
    b.build,
    b.epoch,
    least(taken.position, courts.position) AS "position!"
FROM builds AS b
JOIN builds AS other
    ON other.projection = 'courts'
    AND other.state = 'live'
JOIN checkpoints AS taken
    ON taken.name = b.projection || '@' || b.build
    AND taken.log_id = $1
JOIN checkpoints AS courts
    ON courts.name = other.projection || '@' || other.build
    AND courts.log_id = $1
WHERE b.projection = 'availability'
  AND b.state = 'live'
