SELECT
    id AS "id!",
    from_at AS "from_at!",
    to_at AS "to_at!",
    minutes AS "minutes!",
    court,
    kind,
    surface,
    indoor,
    joined_at AS "joined_at!",
    state AS "state!"
FROM waitlist_v1
WHERE user_id = $1
ORDER BY joined_at, id
