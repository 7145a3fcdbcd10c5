-- Who has been in a group of generation 1, now or before, and how many they are. Of joins before this, the members of now
-- are known.
CREATE TABLE visitor (
    app TEXT NOT NULL,
    grp TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (app, grp, user_id)
) STRICT, WITHOUT ROWID;
ALTER TABLE figures ADD COLUMN visitors INTEGER NOT NULL DEFAULT 0;
INSERT INTO visitor (app, grp, user_id)
    SELECT a.app, g.id, m.user_id
    FROM member m JOIN "group" g ON g.key = m.group_key JOIN space s ON s.key = g.space_key
    JOIN app a ON a.app = s.id
    WHERE a.generation = 1 AND g.deleted = 0;
UPDATE figures SET visitors = (SELECT count(*) FROM member m WHERE m.group_key = figures.group_key)
    WHERE group_key IN
        (SELECT g.key FROM "group" g JOIN space s ON s.key = g.space_key JOIN app a ON a.app = s.id
         WHERE a.generation = 1 AND g.deleted = 0);

-- When an application was deleted. Its record stays.
ALTER TABLE app ADD COLUMN deleted_at INTEGER;
CREATE INDEX app_to_purge ON app (deleted_at) WHERE deleted_at IS NOT NULL;
