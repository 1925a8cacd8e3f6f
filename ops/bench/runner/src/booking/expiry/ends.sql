-- Every hold on courts that begin with $1: how late its end was recorded, in microseconds, why it ended, when it was
-- due, and how many ends it has. Recorded, not decided: by then it stands in the log.
WITH event AS (
    SELECT type, recorded_at, convert_from(data, 'UTF8')::jsonb AS it
    FROM events
    WHERE stream_id LIKE 'courtday-' || $1 || '%'
), held AS (
    SELECT it ->> 'booking' AS booking, (it ->> 'expires_at')::timestamptz AS due_at
    FROM event
    WHERE type LIKE 'booking.held.%'
), ended AS (
    SELECT it ->> 'booking' AS booking, max(it ->> 'cause') AS cause, max(recorded_at) AS ended_at, count(*) AS ends
    FROM event
    WHERE type NOT LIKE 'booking.held.%'
    GROUP BY 1
)
SELECT
    due_at,
    (extract(epoch FROM ended_at - due_at) * 1000000)::bigint,
    cause,
    coalesce(ends, 0)
FROM held
LEFT JOIN ended USING (booking)
ORDER BY due_at
