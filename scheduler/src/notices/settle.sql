-- Only while the claim is ours: whoever has it now comes to the same end, or to a better one.
UPDATE outbox
SET state = $2,
    ended_at = now(),
    last_error = $3
WHERE intent = $1
    AND state = 'pending'
    AND next_attempt_at = $4
