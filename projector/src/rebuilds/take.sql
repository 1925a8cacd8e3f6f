-- Takes the oldest unfinished rebuild of projections $2 that nobody works on. The epoch tells its worker from all
-- before. One that differs waits for an operator, not for a worker, unless it has fallen out of lockstep. Where no build is
-- live, the first one is made before: neither could go on beside the other.
UPDATE rebuilds
SET
    state = CASE state WHEN 'differs' THEN 'switching' ELSE state END,
    epoch = epoch + 1,
    lease_until = now() + $1,
    started_at = coalesce(started_at, now())
WHERE id = (
    SELECT id
    FROM rebuilds
    WHERE (
          state IN ('requested', 'building', 'switching')
          OR (
              state = 'differs'
              AND NOT EXISTS (
                  SELECT
                  FROM builds AS b
                  WHERE b.projection = rebuilds.projection
                    AND b.build = rebuilds.build
                    AND b.lockstep
              )
          )
      )
      AND projection = ANY ($2)
      AND EXISTS (
          SELECT
          FROM builds AS live
          WHERE live.projection = rebuilds.projection
            AND live.state = 'live'
      )
      AND NOT EXISTS (
          SELECT
          FROM pauses AS p
          WHERE p.projection = rebuilds.projection
      )
      AND (lease_until IS NULL OR lease_until < now())
    ORDER BY requested_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING
    id,
    projection,
    build,
    event,
    epoch,
    workers,
    verifies
