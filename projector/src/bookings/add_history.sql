INSERT INTO booking_history (booking, revision, at, event, actor)
SELECT
    h.booking,
    h.revision,
    h.at,
    h.event,
    h.actor
FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[]) AS h (booking, revision, at, event, actor)
