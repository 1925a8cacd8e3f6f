-- The claim is the next attempt: a worker that dies or gets no answer leaves the row to the next one.
UPDATE waitlist_days
SET next_attempt_at = $2,
    attempts = attempts + 1
WHERE (venue, date) IN (
    SELECT venue, date
    FROM waitlist_days
    WHERE next_attempt_at <= $1
    ORDER BY next_attempt_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
RETURNING venue, date AS "date: jiff_sqlx::Date", position, attempts
