-- How many holds were recorded on court-days $1 of which none has ended, and how many of them overlap an earlier one.
WITH held AS (
    SELECT
        stream_id,
        (it ->> 'starts_at')::timestamptz AS starts_at,
        (it ->> 'ends_at')::timestamptz AS ends_at,
        it ->> 'booking' AS booking
    FROM events
    CROSS JOIN LATERAL (SELECT convert_from(data, 'UTF8')::jsonb AS it) AS read
    WHERE stream_id = ANY ($1)
      AND type LIKE 'booking.held.%'
), beside AS (
    SELECT
        starts_at,
        max(ends_at) OVER (
            PARTITION BY stream_id
            ORDER BY starts_at, booking
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS taken_until
    FROM held
)
SELECT
    count(*),
    count(*) FILTER (WHERE starts_at < taken_until)
FROM beside
