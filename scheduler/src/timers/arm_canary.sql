-- One that flies already was armed by another scheduler. It comes from no event, so no follower will ever end it.
INSERT INTO timers (timer_id, kind, stream, generation, armed_at, due_at, state, source_position)
VALUES ($1, $2, $3, $4, $5, $6, 'armed', 0)
ON CONFLICT ON CONSTRAINT timers_pkey DO NOTHING
