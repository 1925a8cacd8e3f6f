-- The first secret under a name stays: what was made with it must go on working.
INSERT INTO kept_secrets (name, wrapped)
VALUES ($1, $2)
ON CONFLICT ON CONSTRAINT kept_secrets_pkey DO NOTHING
