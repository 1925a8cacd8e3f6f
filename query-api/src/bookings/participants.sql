-- Who plays along in the booking that was first called $1, in the order in which they joined.
SELECT
    p.user_id AS "id!",
    -- What comes out of an outer join may be missing, whatever the table says of its columns.
    u.username AS "username?"
FROM participants_v1 AS p
LEFT JOIN users_v1 AS u ON u.id = p.user_id
WHERE p.reference = $1
ORDER BY p.position
