-- What a channel was asked to change of a customer group and has not reported yet, the id under which its provider knows
-- the group, and the one under which the provider is to report.
ALTER TABLE chat_group ADD COLUMN pending_subject TEXT;
ALTER TABLE chat_group ADD COLUMN pending_description TEXT;
ALTER TABLE chat_group ADD COLUMN pending_picture TEXT;
ALTER TABLE chat_group ADD COLUMN provider_id TEXT;
ALTER TABLE chat_group ADD COLUMN request_id TEXT;

-- Who was removed from a customer group, and does not come in again.
CREATE TABLE removal (
    app TEXT NOT NULL,
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    removed_at INTEGER NOT NULL,
    PRIMARY KEY (app, id, number)
) STRICT, WITHOUT ROWID;
