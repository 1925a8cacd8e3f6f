-- The log says it was sent, how, and as what. It has the last word, whatever a worker thought.
UPDATE outbox
SET state = 'sent',
    ended_at = COALESCE(ended_at, now()),
    channel = recorded.channel,
    message_id = recorded.message_id,
    last_error = NULL
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS recorded (intent, channel, message_id)
WHERE outbox.intent = recorded.intent
    AND (outbox.state <> 'sent' OR outbox.channel IS NULL)
