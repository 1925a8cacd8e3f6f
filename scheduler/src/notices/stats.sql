-- Each by its own index: what was sent is most of the table, and nobody's question.
SELECT
    (SELECT count(*) FROM outbox WHERE state = 'pending') AS "pending!",
    (SELECT count(*) FROM outbox WHERE state = 'dead') AS "dead!",
    (SELECT min(next_attempt_at) FROM outbox WHERE state = 'pending') AS oldest_pending_at
