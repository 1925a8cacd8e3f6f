SELECT
    id AS "id!",
    email,
    username,
    display_name,
    phone,
    role AS "role!",
    venues AS "venues!",
    registered_at AS "registered_at!",
    revision AS "revision!"
FROM users_v1
WHERE id = $1
