-- Each by its own index. By the database's clock, which is the one that every process corrects its own by.
SELECT
    (SELECT count(*) FROM timers WHERE state = 'armed' AND published_at IS NULL) AS "unpublished!",
    (SELECT count(*) FROM timers WHERE state = 'armed' AND due_at > now() AND due_at <= now() + interval '1 minute')
        AS "due_within_a_minute!",
    (SELECT count(*) FROM timers WHERE state = 'armed' AND due_at > now() AND due_at <= now() + interval '1 hour')
        AS "due_within_an_hour!",
    (SELECT min(due_at) FROM timers WHERE state = 'armed') AS next_due_at,
    (
        SELECT count(*)
        FROM timers
        WHERE state = 'closed'
            AND kind <> 'canary'
            AND closed_by = 'sweep'
            AND COALESCE(closed_at, due_at) > now() - interval '1 day'
    ) AS "swept!",
    (
        SELECT count(*)
        FROM timers
        WHERE kind = 'canary'
            AND closed_by = 'sweep'
            AND due_at > now() - interval '1 day'
    ) AS "canaries_lost!",
    (
        SELECT EXTRACT(EPOCH FROM closed_at - due_at)::double precision
        FROM timers
        WHERE kind = 'canary'
            AND closed_by = 'timer'
            AND due_at > now() - interval '1 day'
        ORDER BY due_at DESC
        LIMIT 1
    ) AS canary_late_seconds
