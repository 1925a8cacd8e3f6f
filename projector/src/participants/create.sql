-- Who plays along in which booking, which is called here by the first id it ever had.
CREATE TABLE participants (
    reference text        NOT NULL,
    user_id   uuid        NOT NULL,
    joined_at timestamptz NOT NULL,
    -- Of the event by which they joined: their place on the list.
    position  bigint      NOT NULL,
    CONSTRAINT participants_pkey PRIMARY KEY (reference, user_id)
);

-- Who was erased, and is on no list.
CREATE TABLE participants_erased (
    user_id uuid NOT NULL,
    CONSTRAINT participants_erased_pkey PRIMARY KEY (user_id)
);
