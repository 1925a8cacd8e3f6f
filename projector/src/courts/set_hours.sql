INSERT INTO venue_hours (venue, from_date, week)
SELECT
    h.venue,
    h.from_date,
    h.week
FROM jsonb_to_recordset($1::jsonb) AS h (venue text, from_date date, week jsonb)
ON CONFLICT (venue, from_date) DO UPDATE
SET week = excluded.week
