CREATE OR REPLACE VIEW public.service_accounts_v1 AS
SELECT
    id,
    name,
    scopes,
    venues,
    created_at,
    revision
FROM service_accounts;

CREATE OR REPLACE VIEW public.service_account_keys_v1 AS
SELECT
    id,
    account,
    issued_at,
    expires_at
FROM service_account_keys;
