-- What keeps others off a court: holds, alive until `expires_at`, and confirmed bookings and blocks, which have none.
CREATE TABLE taken (
    -- Or a block's key.
    booking    text        NOT NULL,
    court      text        NOT NULL,
    date       date        NOT NULL,
    during     tstzrange   NOT NULL,
    expires_at timestamptz,
    -- Nobody can play: no booking, and others of its kind may lie over it.
    blocked    boolean     NOT NULL,
    -- Of a block: its id, which is the same on each of its court-days, and why.
    block      uuid,
    cause      text,
    CONSTRAINT taken_pkey PRIMARY KEY (booking),
    CONSTRAINT taken_blocks CHECK (blocked = (block IS NOT NULL) AND blocked = (cause IS NOT NULL)),
    -- Of one service day, the longest of which has 25 hours. So what lies over an instant began within two days before.
    CONSTRAINT taken_length CHECK (upper(during) - lower(during) <= interval '48 hours')
);
