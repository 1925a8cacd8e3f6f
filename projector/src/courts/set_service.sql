INSERT INTO court_service (court, from_date, state)
SELECT
    s.of,
    s.date,
    s.state
FROM jsonb_to_recordset($1::jsonb) AS s (of text, date date, state text)
ON CONFLICT (court, from_date) DO UPDATE
SET state = excluded.state
