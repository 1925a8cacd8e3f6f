-- The one way into the log: one call, one transaction, one flush, for the commands of many clients.
--
-- commands: one entry each in c_stream, c_expected (-1: no stream; n: its last revision is n) and c_count (events).
-- events:   one entry each in the e_ arrays; e_command is the ordinal of its command, from 1; e_index counts from 0.
-- A stream may occur once in a call: the answers are found before the first event is inserted.
--
-- Answers one row for each command, in order:
--   appended   revision and position of its last event
--   duplicate  the same, of the very events that an earlier call appended there
--   conflict   the stream's last revision, -1 if it has none; nothing was appended
CREATE FUNCTION append_events(
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
-- The plan must not depend on statistics: for a log that was never analysed the planner reads the whole table for each
-- batch (seen: four times slower, and worse with every event). The arrays' sizes are guesses too, hence no JIT.
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    head bigint;
BEGIN
    -- Under REPEATABLE READ the snapshot would be older than the lock, and the head a number that is taken.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append_events() needs READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;

    -- The order lock. Postgres lets go of it after the commit is visible, so whoever gets it next sees everything
    -- that came before: numbers are handed out in the order of the commits, and a rollback leaves no hole.
    PERFORM pg_advisory_xact_lock(4711, 1);

    -- In a statement of its own, so that its snapshot is younger than the lock.
    SELECT coalesce((SELECT e.position FROM events e ORDER BY e.position DESC LIMIT 1), 0)
    INTO head;

    -- Lets the rows past the guard against stray INSERTs. Not a SET clause of the function: on a name that the server
    -- does not know, that takes a superuser.
    PERFORM set_config('courtside.appending', 'on', true);

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

    PERFORM set_config('courtside.appending', 'off', true);
END
$$;

REVOKE ALL ON FUNCTION append_events FROM PUBLIC;
