-- By the database's clock, which is the one that every process corrects its own by.
SELECT
    count(*) AS "overdue!",
    GREATEST(EXTRACT(EPOCH FROM now() - COALESCE(min(due_at), now())), 0)::double precision AS "oldest_overdue_seconds!"
FROM timers
WHERE state = 'armed'
    AND kind = ANY ($1::text[])
    AND due_at <= now()
