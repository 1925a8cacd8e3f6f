-- The claim is the next attempt: a worker that dies or gets no answer leaves the row to the next one.
UPDATE lease_news
SET next_attempt_at = $2,
    attempts = attempts + 1
WHERE booking IN (
    SELECT booking
    FROM lease_news
    WHERE next_attempt_at <= $1
    ORDER BY next_attempt_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
RETURNING booking, position, attempts
