-- The log may have lost the record, and a replay would send again what has not run out. So the worker records it; where
-- it is on record, that changes nothing.
UPDATE outbox
SET state = 'pending',
    accepted_at = coalesce(accepted_at, now()),
    next_attempt_at = now()
WHERE state = 'sent'
    AND now() < valid_until
