DELETE FROM erasures
WHERE user_id = ANY ($1::uuid[])
