-- What happened to the bookings of user $1. Who else had a hand in it is not theirs to take along.
SELECT
    history.booking AS "booking!",
    history.at AS "at!",
    history.event AS "event!",
    coalesce(history.actor = 'user:' || $1::uuid, false) AS "own!"
FROM booking_history_v1 AS history
JOIN bookings_v1 AS bookings ON bookings.id = history.booking
WHERE bookings.player = $1
ORDER BY history.booking, history.revision
