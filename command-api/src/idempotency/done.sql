UPDATE idempotency
SET state = 'done',
    status = $2,
    position = $3
WHERE command_id = $1
