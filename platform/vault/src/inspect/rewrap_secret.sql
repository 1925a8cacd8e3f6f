UPDATE kept_secrets
SET wrapped = $2
WHERE name = $1
