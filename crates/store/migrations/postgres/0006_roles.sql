-- Roles: what callers become for a time.
CREATE TABLE role (
    account text COLLATE "C" NOT NULL REFERENCES account (id),
    name text COLLATE "C" NOT NULL,
    id text NOT NULL,
    trust text NOT NULL,                          -- JSON
    max_session_seconds bigint NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE role_attachment (
    account text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    policy text COLLATE "C" NOT NULL,
    PRIMARY KEY (account, role, policy),
    FOREIGN KEY (account, role) REFERENCES role (account, name),
    FOREIGN KEY (account, policy) REFERENCES policy (account, name)
);
