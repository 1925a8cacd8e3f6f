-- Whether build $2 of $1 is the live one, whether $1 is paused, and the build that goes in lockstep with the live one.
SELECT
    EXISTS (
        SELECT
        FROM builds
        WHERE projection = $1
          AND build = $2
          AND state = 'live'
    ) AS "is_live!",
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
    ) AS next
