-- Every audited event by its id: whose it is, and where its record is in the login audit's log once it is there.
CREATE TABLE receipts (
    event_id uuid     NOT NULL,
    subject  uuid,
    year     smallint,
    index    bigint,
    CONSTRAINT receipts_pkey PRIMARY KEY (event_id),
    CONSTRAINT receipts_recorded CHECK ((year IS NULL) = (index IS NULL))
);

-- Whose a session is: its events say so only at its beginning.
CREATE TABLE receipt_sessions (
    session uuid NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT receipt_sessions_pkey PRIMARY KEY (session)
);
