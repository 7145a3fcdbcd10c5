-- What a channel was asked to change of a customer group and has not reported yet, the id under which its provider knows
-- the group, and the one under which the provider is to report.
ALTER TABLE chat_group ADD COLUMN pending_subject bytea;
ALTER TABLE chat_group ADD COLUMN pending_description bytea;
ALTER TABLE chat_group ADD COLUMN pending_picture bytea;
ALTER TABLE chat_group ADD COLUMN provider_id text COLLATE "C";
ALTER TABLE chat_group ADD COLUMN request_id text COLLATE "C";

-- Who was removed from a customer group, and does not come in again.
CREATE TABLE removal (
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    removed_at bigint NOT NULL,
    PRIMARY KEY (app, id, number)
);
