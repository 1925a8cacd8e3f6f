-- What a batch of build $2 of $1 meets: whether that is the live one, whether $1 is paused, the build that goes in
-- lockstep, the keys that have something parked, and whether it is said to wait.
SELECT
    b.state = 'live' AS "is_live!",
    b.last_error IS NOT NULL AS "complains!",
    EXISTS (
        SELECT
        FROM pauses
        WHERE projection = $1
    ) AS "is_paused!",
    (
        SELECT build
        FROM builds
        WHERE projection = $1
          AND state = 'building'
          AND lockstep
    ) AS next,
    ARRAY(
        SELECT DISTINCT key
        FROM parked
        WHERE projection = $1
          AND build = $2
    ) AS "keys!",
    -- From here on unqualified names mean its tables.
    set_config('search_path', $3, true) AS "path!"
FROM builds AS b
WHERE b.projection = $1
  AND b.build = $2
