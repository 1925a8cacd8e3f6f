-- What a batch did to bookings. A row with a reference was held in it, and brings everything; of another, only
-- what follows a hold changes. A booking held again keeps the time it was first held at.
MERGE INTO bookings AS b
USING jsonb_to_recordset($1::jsonb) AS c (
    id           text,
    reference    text,
    court        text,
    venue        text,
    player       uuid,
    starts_at    timestamptz,
    ends_at      timestamptz,
    zone         text,
    state        text,
    generation   integer,
    expires_at   timestamptz,
    price_minor  bigint,
    currency     text,
    must_be_paid boolean,
    terms        jsonb,
    clock        jsonb,
    refund_minor bigint,
    reinstated   boolean,
    moved_to     text,
    revision     bigint,
    held_at      timestamptz,
    changed_at   timestamptz,
    position     bigint
)
ON b.id = c.id
WHEN MATCHED AND c.reference IS NOT NULL THEN
    UPDATE SET
        player = c.player,
        starts_at = c.starts_at,
        ends_at = c.ends_at,
        zone = c.zone,
        state = c.state,
        generation = c.generation,
        expires_at = c.expires_at,
        price_minor = c.price_minor,
        currency = c.currency,
        must_be_paid = c.must_be_paid,
        terms = c.terms,
        refund_minor = c.refund_minor,
        moved_to = c.moved_to,
        revision = c.revision,
        changed_at = c.changed_at,
        position = c.position
WHEN MATCHED THEN
    UPDATE SET
        state = coalesce(c.state, b.state),
        generation = coalesce((c.clock ->> 'generation')::integer, b.generation),
        expires_at = CASE WHEN c.clock IS NULL THEN b.expires_at ELSE (c.clock ->> 'expires_at')::timestamptz END,
        refund_minor = CASE WHEN c.reinstated THEN c.refund_minor ELSE coalesce(c.refund_minor, b.refund_minor) END,
        moved_to = coalesce(c.moved_to, b.moved_to),
        revision = c.revision,
        changed_at = c.changed_at,
        position = c.position
WHEN NOT MATCHED AND c.reference IS NOT NULL THEN
    INSERT (
        id, reference, court, venue, player, starts_at, ends_at, zone, state, generation, expires_at,
        price_minor, currency, must_be_paid, terms, refund_minor, revision, held_at, changed_at, position, moved_to
    )
    VALUES (
        c.id, c.reference, c.court, c.venue, c.player, c.starts_at, c.ends_at, c.zone, c.state, c.generation,
        c.expires_at, c.price_minor, c.currency, c.must_be_paid, c.terms, c.refund_minor, c.revision, c.held_at, c.changed_at,
        c.position, c.moved_to
    )
