INSERT INTO booking_history (booking, revision, at, event, actor)
SELECT
    h.booking,
    h.revision,
    h.at,
    h.event,
    h.actor
FROM jsonb_to_recordset($1::jsonb) AS h (booking text, revision bigint, at timestamptz, event text, actor text)
