SELECT EXISTS (
    SELECT
    FROM builds
    WHERE projection = $1
) AS "it!"
