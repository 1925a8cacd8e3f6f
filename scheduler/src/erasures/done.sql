UPDATE erasures
SET finished = true
WHERE user_id = ANY ($1::uuid[])
