-- Takes command $1: a new one, or one long answered, or one whose holder is gone. No row if somebody has it.
INSERT INTO idempotency AS it (command_id, fingerprint, state, lease_until, expires_at)
VALUES ($1, $2, 'running', now() + make_interval(secs => $3), now() + interval '24 hours')
ON CONFLICT ON CONSTRAINT idempotency_pkey DO UPDATE
SET fingerprint = excluded.fingerprint,
    state = 'running',
    lease_until = excluded.lease_until,
    status = NULL,
    position = NULL,
    created_at = now(),
    expires_at = excluded.expires_at
WHERE it.expires_at <= now()
   OR (it.state = 'running' AND it.lease_until <= now() AND it.fingerprint = excluded.fingerprint)
RETURNING it.command_id
