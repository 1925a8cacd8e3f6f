-- The log may have lost the record, and a replay would send again. So the worker records it; where it is on record, that
-- changes nothing.
UPDATE webhook_deliveries
SET state = 'pending',
    attempts = greatest(attempts - 1, 0),
    accepted_at = coalesce(accepted_at, now()),
    next_attempt_at = now()
WHERE state = 'delivered'
