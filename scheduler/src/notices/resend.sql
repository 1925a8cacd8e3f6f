-- Tried again as if for the first time. What was sent stays so, and so does what is being tried.
UPDATE outbox
SET state = 'pending',
    attempts = 0,
    next_attempt_at = wanted.at,
    ended_at = NULL,
    last_error = NULL
FROM unnest($1::uuid[], $2::timestamptz[]) AS wanted (intent, at)
WHERE outbox.intent = wanted.intent
    AND outbox.state = 'dead'
