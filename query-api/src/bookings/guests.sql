SELECT
    booking AS "booking!",
    name,
    email,
    phone,
    notes
FROM guests_v1
WHERE booking = ANY ($1)
