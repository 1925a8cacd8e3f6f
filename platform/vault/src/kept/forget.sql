DELETE FROM kept_secrets
WHERE name = $1
