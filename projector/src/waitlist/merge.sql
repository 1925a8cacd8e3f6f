-- What a batch did to people's places on waitlists. A row with a user joined in it; `offers` says that the offer is set
-- anew, to none where there is no booking.
MERGE INTO waitlist AS w
USING jsonb_to_recordset($1::jsonb) AS c (
    id        text,
    user_id   uuid,
    venue     text,
    date      date,
    from_at   timestamptz,
    to_at     timestamptz,
    minutes   integer,
    court     text,
    kind      text,
    surface   text,
    indoor    boolean,
    joined_at timestamptz,
    state     text,
    offers    boolean,
    booking   text,
    starts_at timestamptz,
    ends_at   timestamptz,
    until     timestamptz
)
ON w.id = c.id
WHEN MATCHED THEN
    UPDATE SET
        state = coalesce(c.state, w.state),
        offer_booking = CASE WHEN c.offers THEN c.booking ELSE w.offer_booking END,
        offer_starts_at = CASE WHEN c.offers THEN c.starts_at ELSE w.offer_starts_at END,
        offer_ends_at = CASE WHEN c.offers THEN c.ends_at ELSE w.offer_ends_at END,
        offer_until = CASE WHEN c.offers THEN c.until ELSE w.offer_until END
WHEN NOT MATCHED AND c.user_id IS NOT NULL THEN
    INSERT (id, user_id, venue, date, from_at, to_at, minutes, court, kind, surface, indoor, joined_at, state,
        offer_booking, offer_starts_at, offer_ends_at, offer_until)
    VALUES (c.id, c.user_id, c.venue, c.date, c.from_at, c.to_at, c.minutes, c.court, c.kind, c.surface, c.indoor,
        c.joined_at, coalesce(c.state, 'waiting'), c.booking, c.starts_at, c.ends_at, c.until)
