INSERT INTO actions (position, event_id, at, by, actor, role, kind, about, reason, details, subject)
SELECT
    a.position,
    a.event_id,
    a.at,
    a.by,
    a.actor,
    a.role,
    a.kind,
    a.about,
    a.reason,
    a.details,
    a.subject
FROM jsonb_to_recordset($1::jsonb) AS a (
    position bigint,
    event_id uuid,
    at       timestamptz,
    by       text,
    actor    uuid,
    role     text,
    kind     text,
    about    text,
    reason   text,
    details  jsonb,
    subject  text
)
