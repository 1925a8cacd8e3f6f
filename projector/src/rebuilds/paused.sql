SELECT EXISTS (
    SELECT
    FROM pauses
    WHERE projection = $1
) AS "it!"
