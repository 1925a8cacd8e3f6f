INSERT INTO action_roles (user_id, role)
SELECT
    r.user_id,
    r.role
FROM unnest($1::uuid[], $2::text[]) AS r (user_id, role)
ON CONFLICT ON CONSTRAINT action_roles_pkey DO UPDATE
SET role = EXCLUDED.role
