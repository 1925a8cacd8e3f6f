-- What became of commands. One without a status was refused, and a refusal is decided anew each time, or a client who was
-- offline could never succeed.
WITH ended AS (
    SELECT
        command_id,
        status,
        position
    FROM unnest($1::uuid [], $2::integer [], $3::text []) AS it (command_id, status, position)
),

forgotten AS (
    DELETE FROM idempotency AS it
    USING ended
    WHERE it.command_id = ended.command_id
      AND ended.status IS NULL
      AND it.state = 'running'
)

UPDATE idempotency AS it
SET state = 'done',
    status = ended.status,
    position = ended.position
FROM ended
WHERE it.command_id = ended.command_id
  AND ended.status IS NOT NULL
