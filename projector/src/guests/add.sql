-- A booking is for whom it was first made for.
INSERT INTO guests (booking, name, email, phone, notes, subject)
SELECT
    g.booking,
    g.name,
    g.email,
    g.phone,
    g.notes,
    g.subject
FROM jsonb_to_recordset($1::jsonb) AS g (booking text, name text, email text, phone text, notes text, subject text)
ON CONFLICT ON CONSTRAINT guests_pkey DO NOTHING
