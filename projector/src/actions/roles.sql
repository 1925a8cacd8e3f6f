SELECT
    user_id,
    role
FROM action_roles
WHERE user_id = ANY ($1)
