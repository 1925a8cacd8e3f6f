-- Reference 2: the table itself takes no two that overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE held_by_constraint (
    id         uuid        NOT NULL PRIMARY KEY,
    court      text        NOT NULL,
    date       date        NOT NULL,
    during     tstzrange   NOT NULL,
    player     uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT held_by_constraint_no_overlap EXCLUDE USING gist (court WITH =, during WITH &&)
);
