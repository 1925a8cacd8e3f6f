-- A row that is there already is the same timer, told again by a replay: what became of it stands.
INSERT INTO timers (timer_id, kind, stream, booking, generation, armed_at, due_at, state, source_position, trace)
SELECT made.timer_id, made.kind, made.stream, made.booking, made.generation, made.armed_at, made.due_at, made.state, made.position, made.trace
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::bigint[], $10::text[])
    AS made (timer_id, kind, stream, booking, generation, armed_at, due_at, state, position, trace)
ON CONFLICT ON CONSTRAINT timers_pkey DO NOTHING
