-- Whom the desk has booked for, by booking: one that moved has the same guest under each of its ids. This is personal
-- data, opened here; it belongs to `subject`, whose erasure blanks it.
CREATE TABLE guests (
    booking text NOT NULL,
    name    text,
    email   text,
    phone   text,
    notes   text,
    subject text NOT NULL,
    CONSTRAINT guests_pkey PRIMARY KEY (booking)
);

CREATE INDEX guests_by_subject
    ON guests (subject);
