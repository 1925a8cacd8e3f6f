-- A refusal is decided anew each time, or a client who was offline could never succeed.
DELETE FROM idempotency
WHERE command_id = $1
  AND state = 'running'
