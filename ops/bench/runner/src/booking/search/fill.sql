-- Fills the live build's table with bookings of $1 courts over $2 days that end on $3, each hour taken with the
-- chance $4. By hash, not by chance: every run fills the same.
INSERT INTO taken (booking, court, date, during, expires_at, blocked)
SELECT
    it.date || '-' || it.court || '-' || lpad(it.hour::text, 8, '0'),
    it.court,
    it.date,
    tstzrange(it.date + make_interval(hours => it.hour), it.date + make_interval(hours => it.hour + 1)),
    NULL,
    false
FROM (
    SELECT 'C' || lpad(court::text, 4, '0') AS court, $3::date - day AS date, hour
    FROM generate_series(0, $1 - 1) AS court
    CROSS JOIN generate_series(0, $2 - 1) AS day
    CROSS JOIN generate_series(6, 22) AS hour
) AS it
WHERE hashint8extended(hashtext(it.court || it.date || it.hour)::bigint, 0) & 1023 < $4 * 1024
