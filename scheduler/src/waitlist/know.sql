-- A court stays at its venue.
INSERT INTO waitlist_courts (court, venue)
SELECT added.court, added.venue
FROM unnest($1::text[], $2::text[]) AS added (court, venue)
ON CONFLICT ON CONSTRAINT waitlist_courts_pkey DO NOTHING
