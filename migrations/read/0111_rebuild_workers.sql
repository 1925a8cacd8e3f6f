-- A rebuild may be shared by several workers, each with a part of the keys: how many were asked for.
ALTER TABLE rebuilds
    ADD COLUMN workers smallint NOT NULL DEFAULT 1;

-- How far each of them has come within the chunk after the build's own checkpoint, which is moved when all have.
CREATE TABLE rebuild_workers (
    projection text     NOT NULL,
    build      integer  NOT NULL,
    worker     smallint NOT NULL,
    position   bigint   NOT NULL,
    CONSTRAINT rebuild_workers_pkey PRIMARY KEY (projection, build, worker)
);
