SELECT
    at AS "at!",
    event AS "event!",
    actor
FROM booking_history_v1
WHERE booking = $1
ORDER BY revision
