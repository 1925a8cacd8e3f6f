INSERT INTO booked_days (court, date, venue)
SELECT sold.court, sold.date, sold.venue
FROM unnest($1::text[], $2::date[], $3::text[]) AS sold (court, date, venue)
ON CONFLICT ON CONSTRAINT booked_days_pkey DO NOTHING
