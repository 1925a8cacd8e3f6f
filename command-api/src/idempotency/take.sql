-- Takes these commands: new ones, those long answered, and those whose holders are gone. No row for one that somebody has.
-- Of two requests for one command the first has it. In the order of ids, so that two processes never wait in a circle.
INSERT INTO idempotency AS it (command_id, fingerprint, state, lease_until, expires_at)
SELECT DISTINCT ON (asked.command_id)
    asked.command_id,
    asked.fingerprint,
    'running',
    now() + make_interval(secs => $3),
    now() + interval '24 hours'
FROM unnest($1::uuid [], $2::bytea []) WITH ORDINALITY AS asked (command_id, fingerprint, place)
ORDER BY asked.command_id, asked.place
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
