-- Keys that were revoked, and all those of accounts that were removed.
DELETE FROM service_account_keys
WHERE id = ANY ($1)
   OR account = ANY ($2)
