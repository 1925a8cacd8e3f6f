DELETE FROM idempotency
WHERE command_id IN (
    SELECT command_id
    FROM idempotency
    WHERE expires_at <= now()
    ORDER BY expires_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
