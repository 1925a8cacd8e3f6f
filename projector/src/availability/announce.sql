-- What build $1 is about to change, under the epoch that it has by now.
INSERT INTO live_changes (build, epoch, position, court, starts_at, ends_at, state, held_until, block, cause)
SELECT
    b.build,
    b.epoch,
    c.position,
    c.court,
    c.starts_at,
    c.ends_at,
    c.state,
    c.held_until,
    c.block,
    c.cause
FROM builds AS b
CROSS JOIN jsonb_to_recordset($2::jsonb) AS c (
    position   bigint,
    court      text,
    starts_at  timestamptz,
    ends_at    timestamptz,
    state      text,
    held_until timestamptz,
    block      uuid,
    cause      text
)
WHERE b.projection = 'availability'
  AND b.build = $1
ORDER BY c.position
