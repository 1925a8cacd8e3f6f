-- A row that is there already is the same timer, told again by a replay: what became of it stands.
INSERT INTO timers (timer_id, kind, stream, booking, generation, armed_at, due_at, state, source_position)
SELECT held.timer_id, held.kind, held.stream, held.booking, held.generation, held.armed_at, held.due_at, 'armed', held.position
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::timestamptz[], $8::bigint[])
    AS held (timer_id, kind, stream, booking, generation, armed_at, due_at, position)
ON CONFLICT ON CONSTRAINT timers_pkey DO NOTHING
