-- An alarm, not a lock: how many of the bookings $1 share a court's time with another.
SELECT count(*) AS "count!"
FROM taken AS a
JOIN taken AS b
    ON b.court = a.court
    AND b.during && a.during
    AND b.booking <> a.booking
WHERE a.booking = ANY ($1)
