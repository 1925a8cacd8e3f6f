-- append_events() as in 0003_append_events.sql, where its words are explained, with a short way for one command by itself:
-- what a person waits for while nobody else is writing. A call of the long way with one event costs the server twice as
-- much, for the joins that tell many commands apart.

CREATE OR REPLACE FUNCTION append_events(
    c_stream   text[],
    c_expected bigint[],
    c_count    integer[],
    e_command  integer[],
    e_index    integer[],
    e_id       uuid[],
    e_type     text[],
    e_data     bytea[],
    e_meta     bytea[]
)
RETURNS TABLE (ordinal integer, outcome text, revision bigint, "position" bigint)
LANGUAGE plpgsql
SECURITY DEFINER
-- The plan must not depend on statistics: for a log that was never analysed the planner reads the whole table for each
-- batch (seen: four times slower, and worse with every event). The arrays' sizes are guesses too, hence no JIT.
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    head bigint;
    actual bigint;
    ignored text;
BEGIN
    -- Under REPEATABLE READ the snapshot would be older than the lock, and the head a number that is taken.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append_events() needs READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;

    -- The order lock. Postgres lets go of it after the commit is visible, so whoever gets it next sees everything
    -- that came before: numbers are handed out in the order of the commits, and a rollback leaves no hole.
    -- An assignment, here and below: what has no query in it costs no executor.
    ignored := pg_advisory_xact_lock(4711, 1)::text;

    -- In a statement of its own, one or the other, so that its snapshot is younger than the lock.
    IF cardinality(c_stream) = 1 THEN
        SELECT coalesce((SELECT e.position FROM events e ORDER BY e.position DESC LIMIT 1), 0),
               coalesce(
                   (SELECT e.revision FROM events e
                    WHERE e.stream_id = c_stream[1]
                    ORDER BY e.revision DESC LIMIT 1),
                   -1)
        INTO head, actual;

        -- Repeated, or in conflict: said below.
        IF actual = c_expected[1] THEN
            ignored := set_config('courtside.appending', 'on', true);
            INSERT INTO events (position, stream_id, revision, event_id, type, data, meta)
            SELECT head + 1 + e.index, c_stream[1], actual + 1 + e.index, e.id, e.type, e.data, e.meta
            FROM unnest(e_index, e_id, e_type, e_data, e_meta) e(index, id, type, data, meta)
            ORDER BY 1;
            ignored := set_config('courtside.appending', 'off', true);

            ordinal := 1;
            outcome := 'appended';
            revision := actual + c_count[1];
            position := head + c_count[1];
            RETURN NEXT;
            RETURN;
        END IF;
    ELSE
        SELECT coalesce((SELECT e.position FROM events e ORDER BY e.position DESC LIMIT 1), 0)
        INTO head;
    END IF;

    -- Lets the rows past the guard against stray INSERTs. Not a SET clause of the function: on a name that the server
    -- does not know, that takes a superuser.
    ignored := set_config('courtside.appending', 'on', true);

    RETURN QUERY
    WITH command AS MATERIALIZED (
        SELECT c.ordinal, c.stream, c.expected, c.count,
               coalesce(
                   (SELECT e.revision FROM events e
                    WHERE e.stream_id = c.stream
                    ORDER BY e.revision DESC LIMIT 1),
                   -1) AS actual
        FROM unnest(c_stream, c_expected, c_count) WITH ORDINALITY c(stream, expected, count, ordinal)
    ),
    event AS MATERIALIZED (
        SELECT e.command, e.index, e.id, e.type, e.data, e.meta
        FROM unnest(e_command, e_index, e_id, e_type, e_data, e_meta) e(command, index, id, type, data, meta)
    ),
    judged AS MATERIALIZED (
        SELECT c.ordinal, c.stream, c.expected, c.count, c.actual, standing.last,
               CASE
                   WHEN c.actual = c.expected THEN 'appended'
                   WHEN standing.count = c.count THEN 'duplicate'
                   ELSE 'conflict'
               END AS outcome
        FROM command c
        -- Only where the stream went on: all of the events may stand there already, because an answer was lost.
        -- The innermost query is one look into the unique index for each event, whatever the planner believes.
        CROSS JOIN LATERAL (
            SELECT count(found.position) AS count, max(found.position) AS last
            FROM (
                SELECT (SELECT e.position FROM events e
                        WHERE e.stream_id = c.stream
                          AND e.revision = c.expected + 1 + event.index
                          AND e.event_id = event.id) AS position
                FROM event
                WHERE c.expected < c.actual
                  AND event.command = c.ordinal
            ) found
        ) standing
    ),
    accepted AS MATERIALIZED (
        SELECT j.ordinal, j.stream, j.expected,
               head + (sum(j.count) OVER (ORDER BY j.ordinal))::bigint - j.count AS base,
               head + (sum(j.count) OVER (ORDER BY j.ordinal))::bigint AS last
        FROM judged j
        WHERE j.outcome = 'appended'
    ),
    inserted AS (
        INSERT INTO events (position, stream_id, revision, event_id, type, data, meta)
        SELECT a.base + 1 + e.index, a.stream, a.expected + 1 + e.index, e.id, e.type, e.data, e.meta
        FROM accepted a
        JOIN event e ON e.command = a.ordinal
        -- In order, so that both indexes and the table grow at their ends.
        ORDER BY 1
    )
    SELECT j.ordinal::integer,
           j.outcome,
           CASE j.outcome WHEN 'conflict' THEN j.actual ELSE j.expected + j.count END,
           CASE j.outcome WHEN 'appended' THEN a.last WHEN 'duplicate' THEN j.last END
    FROM judged j
    LEFT JOIN accepted a ON a.ordinal = j.ordinal
    ORDER BY j.ordinal;

    ignored := set_config('courtside.appending', 'off', true);
END
$$;

-- As in 0004_only_the_function_writes.sql: a new body begins without these. Who may call it stays as it was.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION append_events SET search_path = pg_catalog, %I, pg_temp', current_schema());
END
$$;
