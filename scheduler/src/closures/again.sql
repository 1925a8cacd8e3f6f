UPDATE closure_news
SET next_attempt_at = $3,
    attempts = 0
WHERE court = $1
    AND date = $2
