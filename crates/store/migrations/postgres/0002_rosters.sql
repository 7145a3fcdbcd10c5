-- Rosters, the nodes that hold sessions, and what nodes share to admit calls.

-- A group's figures: apart from its record, because they change with every batch of joins. Its row is what joins and
-- leaves of the group lock, so that they take their turns over all nodes.
CREATE TABLE roster (
    app text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    next_join bigint NOT NULL DEFAULT 1,          -- no join number from here on was ever given
    listed bigint NOT NULL DEFAULT 0,             -- rows in `member`
    views bigint NOT NULL DEFAULT 0,              -- joins, but those in `node_count`
    super_group boolean NOT NULL DEFAULT false,
    closed boolean NOT NULL DEFAULT false,        -- the group is deleted; its rows elsewhere are to be removed
    PRIMARY KEY (app, grp)
) WITH (fillfactor = 50);                         -- room for new versions of a row on its page: no index changes

-- Members. The key is both the rule that a user is a member once and the list of a user's groups.
CREATE TABLE member (
    app text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    joined_at bigint NOT NULL,
    durable boolean NOT NULL,
    node text COLLATE "C",                        -- of the session that is tied to the membership, if one is
    session text COLLATE "C",
    info bytea,
    PRIMARY KEY (app, user_id, grp)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX member_by_number ON member (app, grp, number);
-- What a node's death ends.
CREATE INDEX member_by_node ON member (node, app, grp) WHERE node IS NOT NULL;

-- How many members there are in each block of join numbers, so that the member of a rank is found by reading about a
-- hundred rows. A block of level 1 is 32 numbers, and one of each further level is 32 of the level below. Blocks without
-- members have no row.
CREATE TABLE member_block (
    app text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    level smallint NOT NULL,
    block bigint NOT NULL,
    members bigint NOT NULL,
    PRIMARY KEY (app, grp, level, block)
) WITH (fillfactor = 80);

-- The nodes that hold sessions. A node that was ended stays dead.
CREATE TABLE node (
    node text COLLATE "C" PRIMARY KEY,
    expires_at timestamptz NOT NULL,
    dead_at timestamptz,                          -- when another node began to end what it held
    reaped_at timestamptz                         -- when all of that was ended
) WITH (fillfactor = 50);

-- Members of super groups whom a node counts without a row each.
CREATE TABLE node_count (
    app text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    members bigint NOT NULL,
    views bigint NOT NULL,                        -- joins that `roster` does not count yet
    PRIMARY KEY (app, grp, node)
) WITH (fillfactor = 50);
CREATE INDEX node_count_by_node ON node_count (node, app, grp);

-- Marks of nonces by the quarter of an hour that their requests bear. A slot holds one quarter and is emptied when
-- the fourth after it begins.
CREATE TABLE nonce_slot (
    slot smallint PRIMARY KEY,
    quarter bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO nonce_slot (slot, quarter) VALUES (0, 0), (1, 0), (2, 0), (3, 0);
CREATE TABLE nonce_0 (mark bytea PRIMARY KEY);
CREATE TABLE nonce_1 (mark bytea PRIMARY KEY);
CREATE TABLE nonce_2 (mark bytea PRIMARY KEY);
CREATE TABLE nonce_3 (mark bytea PRIMARY KEY);

-- Allowances of calls: when the calls taken so far will have been earned (the generic cell rate algorithm).
CREATE TABLE allowance (
    key text COLLATE "C" PRIMARY KEY,
    arrival bigint NOT NULL                       -- nanoseconds since 1970
) WITH (fillfactor = 50);
