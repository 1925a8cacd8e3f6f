-- By the database's clock, which is the one that every process corrects its own by.
SELECT
    count(*) AS "armed!",
    count(*) FILTER (WHERE published_at IS NULL) AS "unpublished!",
    count(*) FILTER (WHERE due_at <= now()) AS "overdue!",
    min(due_at) AS next_due_at,
    GREATEST(EXTRACT(EPOCH FROM now() - min(due_at)), 0)::double precision AS "oldest_overdue_seconds?"
FROM timers
WHERE state = 'armed'
