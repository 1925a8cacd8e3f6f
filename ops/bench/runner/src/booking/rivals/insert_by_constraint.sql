INSERT INTO held_by_constraint (id, court, date, during, player, expires_at)
VALUES ($1, $2, $3, tstzrange($4, $5), $6, now() + interval '15 min')
