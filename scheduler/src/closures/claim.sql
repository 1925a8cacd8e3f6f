-- The claim is the next attempt: a worker that dies or gets no answer leaves the row to the next one.
UPDATE closure_news
SET next_attempt_at = $2,
    attempts = attempts + 1
WHERE (court, date) IN (
    SELECT court, date
    FROM closure_news
    WHERE next_attempt_at <= $1
    ORDER BY next_attempt_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
RETURNING court, date AS "date: jiff_sqlx::Date", position, attempts
