-- The ordinals, from 1, of the places (court $1, from $2 to $3) that somebody has at $4.
SELECT DISTINCT wanted.n AS "n!"
FROM unnest($1::text[], $2::text[]::timestamptz[], $3::text[]::timestamptz[])
    WITH ORDINALITY AS wanted (court, starts_at, ends_at, n)
JOIN taken_v1 AS taken
    ON taken.court = wanted.court
    AND taken.during && tstzrange(wanted.starts_at, wanted.ends_at)
WHERE taken.expires_at IS NULL
   OR taken.expires_at > $4
