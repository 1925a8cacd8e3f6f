INSERT INTO receipt_sessions (session, user_id)
SELECT
    s.session,
    s.user_id
FROM unnest($1::uuid[], $2::uuid[]) AS s (session, user_id)
ON CONFLICT ON CONSTRAINT receipt_sessions_pkey DO NOTHING
