SELECT
    name,
    wrapped
FROM kept_secrets
ORDER BY name
