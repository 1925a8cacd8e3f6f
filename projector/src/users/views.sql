CREATE OR REPLACE VIEW public.users_v1 AS
SELECT
    id,
    email,
    username,
    display_name,
    phone,
    role,
    venues,
    verified,
    disabled,
    registered_at,
    revision,
    second_factor,
    erased
FROM users;
