-- Due again at $4, or at once ($5) where there are newer news.
UPDATE waitlist_days
SET next_attempt_at = CASE WHEN position = $3 THEN $4::timestamptz ELSE $5::timestamptz END,
    attempts = 0
WHERE venue = $1
    AND date = $2
