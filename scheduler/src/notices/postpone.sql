-- Only while the claim is ours: another's is not cut short.
UPDATE outbox
SET next_attempt_at = $2,
    last_error = $3
WHERE intent = $1
    AND state = 'pending'
    AND next_attempt_at = $4
