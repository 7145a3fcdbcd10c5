-- Who has been in a group of generation 1, now or before, and how many they are. Of joins before this, the members of now
-- are known.
CREATE TABLE visitor (
    app text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (app, grp, user_id)
);
ALTER TABLE roster ADD COLUMN visitors bigint NOT NULL DEFAULT 0;
INSERT INTO visitor (app, grp, user_id)
    SELECT m.app, m.grp, m.user_id
    FROM member m JOIN app a ON a.app = m.app JOIN roster r ON r.app = m.app AND r.grp = m.grp
    WHERE a.generation = 1 AND NOT r.closed;
UPDATE roster r SET visitors = v.visitors
    FROM (SELECT app, grp, count(*) AS visitors FROM visitor GROUP BY app, grp) v
    WHERE r.app = v.app AND r.grp = v.grp;

-- When an application was deleted. Its record stays.
ALTER TABLE app ADD COLUMN deleted_at bigint;
CREATE INDEX app_to_purge ON app (deleted_at) WHERE deleted_at IS NOT NULL;
