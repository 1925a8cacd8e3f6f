UPDATE erasures
SET next_attempt_at = $2
WHERE user_id = $1
