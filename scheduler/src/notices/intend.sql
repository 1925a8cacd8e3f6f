-- A row that is there already is the same intent, told again by a replay: what became of it stands.
INSERT INTO outbox (intent, kind, user_id, subject_stream, source_event, source_position, payload, valid_until, next_attempt_at, trace)
SELECT made.intent, made.kind, made.user_id, made.stream, made.event, made.position, made.payload, made.valid_until, made.at, made.trace
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::jsonb[], $8::timestamptz[], $9::timestamptz[], $10::text[])
    AS made (intent, kind, user_id, stream, event, position, payload, valid_until, at, trace)
ON CONFLICT ON CONSTRAINT outbox_pkey DO NOTHING
