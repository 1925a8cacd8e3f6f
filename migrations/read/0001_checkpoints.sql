-- How far each follower has read, and in which log. Written in the same transaction as its rows.
CREATE TABLE checkpoints (
    name     text   NOT NULL,
    log_id   uuid   NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT checkpoints_pkey PRIMARY KEY (name)
);
