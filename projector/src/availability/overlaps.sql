-- An alarm, not a lock: how many of $1 share a court's time with another. Two blocks may.
SELECT count(*) AS "count!"
FROM taken AS a
JOIN taken AS b
    ON b.court = a.court
    AND b.during && a.during
    AND lower(b.during) BETWEEN lower(a.during) - interval '48 hours' AND upper(a.during)
    AND upper(b.during) > lower(a.during)
    AND b.booking <> a.booking
    AND NOT (a.blocked AND b.blocked)
WHERE a.booking = ANY ($1)
