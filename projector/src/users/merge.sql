-- What a batch did to accounts. A row with a subject was registered in it, and brings everything; of another,
-- what is NULL stays.
MERGE INTO users AS u
USING jsonb_to_recordset($1::jsonb) AS c (
    id            uuid,
    email         text,
    username      text,
    display_name  text,
    phone         text,
    phone_removed boolean,
    role          text,
    venues        text[],
    verified      boolean,
    disabled      boolean,
    registered_at timestamptz,
    subject       text,
    revision      bigint,
    second_factor boolean,
    erased        boolean
)
ON u.id = c.id
WHEN MATCHED THEN
    UPDATE SET
        email = coalesce(c.email, u.email),
        username = coalesce(c.username, u.username),
        display_name = coalesce(c.display_name, u.display_name),
        phone = CASE WHEN c.phone_removed THEN NULL ELSE coalesce(c.phone, u.phone) END,
        revision = c.revision,
        role = coalesce(c.role, u.role),
        venues = coalesce(c.venues, u.venues),
        verified = coalesce(c.verified, u.verified),
        disabled = coalesce(c.disabled, u.disabled),
        second_factor = coalesce(c.second_factor, u.second_factor),
        erased = coalesce(c.erased, u.erased)
WHEN NOT MATCHED AND c.subject IS NOT NULL THEN
    INSERT (
        id, email, username, display_name, phone, role, venues, verified, disabled, registered_at, subject,
        revision, second_factor, erased
    )
    VALUES (
        c.id, c.email, c.username, c.display_name, c.phone, c.role, c.venues, c.verified, c.disabled,
        c.registered_at, c.subject, c.revision, c.second_factor, c.erased
    )
