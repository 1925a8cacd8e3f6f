INSERT INTO receipts (event_id, subject)
SELECT
    r.event_id,
    coalesce(r.subject, s.user_id)
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS r (event_id, subject, session)
LEFT JOIN receipt_sessions AS s ON s.session = r.session
