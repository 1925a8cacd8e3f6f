-- The log says it was sent. It has the last word, whatever a worker thought.
UPDATE outbox
SET state = 'sent',
    ended_at = COALESCE(ended_at, now()),
    last_error = NULL
WHERE intent = ANY ($1::uuid[])
    AND state <> 'sent'
