CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    app TEXT,
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    permission TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE apps (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    device_token TEXT,
    keep_bundles BIGINT NOT NULL,
    expose_metadata BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The number of the newest change of what its devices are offered, among those of all apps.
    changed BIGINT NOT NULL
);

CREATE INDEX apps_by_change ON apps (changed);

CREATE TABLE bundles (
    id BIGINT PRIMARY KEY,
    app TEXT NOT NULL REFERENCES apps (id),
    version TEXT NOT NULL,
    checksum TEXT NOT NULL,
    size BIGINT NOT NULL,
    file TEXT,
    external_url TEXT,
    files_sha256 TEXT,
    unpacked_size BIGINT,
    signature TEXT,
    session_key TEXT,
    key_id TEXT,
    min_app_version TEXT,
    max_app_version TEXT,
    release_notes TEXT,
    mandatory BIGINT NOT NULL,
    link TEXT,
    comment TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);

CREATE UNIQUE INDEX bundles_by_version ON bundles (app, version) WHERE deleted_at IS NULL;
CREATE INDEX bundles_once ON bundles (app, version);
CREATE INDEX bundles_by_file ON bundles (file);

-- Files that were sent without telling what bundle they are.
CREATE TABLE uploads (
    file TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    size BIGINT NOT NULL,
    uploaded_at BIGINT NOT NULL
);

-- Files that are about to be named by a bundle or an upload.
CREATE TABLE claims (
    id TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    claimed_at BIGINT NOT NULL
);

CREATE INDEX claims_by_file ON claims (file);

-- Files that are being removed.
CREATE TABLE removals (
    file TEXT PRIMARY KEY,
    began_at BIGINT NOT NULL
);

CREATE TABLE channels (
    id BIGINT PRIMARY KEY,
    app TEXT NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    is_public BIGINT NOT NULL,
    self_set BIGINT NOT NULL,
    platforms TEXT NOT NULL,
    refuses TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    pause_failures_bps BIGINT,
    pause_min_reports BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (app, name)
);

-- Where a channel of this name was before: its sequences go on.
CREATE TABLE channel_floors (
    app TEXT NOT NULL,
    name TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (app, name)
);

-- What a channel gave, and gives: each step has a higher sequence than the one before.
CREATE TABLE releases (
    id BIGINT PRIMARY KEY,
    channel BIGINT NOT NULL REFERENCES channels (id),
    sequence BIGINT NOT NULL,
    bundle BIGINT REFERENCES bundles (id),
    state TEXT NOT NULL,
    share_bps BIGINT NOT NULL,
    mandatory BIGINT NOT NULL,
    statement TEXT,
    issued_at BIGINT NOT NULL,
    paused_because TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (channel, sequence)
);

CREATE INDEX releases_by_bundle ON releases (bundle);

CREATE TABLE device_channels (
    app TEXT NOT NULL,
    device TEXT NOT NULL,
    channel BIGINT NOT NULL REFERENCES channels (id),
    set_at BIGINT NOT NULL,
    PRIMARY KEY (app, device)
);

CREATE TABLE confirmations (
    id TEXT NOT NULL,
    app TEXT NOT NULL,
    version TEXT NOT NULL,
    platform TEXT NOT NULL,
    device TEXT,
    success BIGINT NOT NULL,
    reason TEXT,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (app, id)
);

CREATE INDEX confirmations_by_version ON confirmations (app, version, received_at);

CREATE TABLE devices (
    app TEXT NOT NULL,
    device TEXT NOT NULL,
    version TEXT NOT NULL,
    channel TEXT NOT NULL,
    platform TEXT NOT NULL,
    app_version TEXT NOT NULL,
    custom_id TEXT,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    PRIMARY KEY (app, device)
);

CREATE INDEX devices_by_version ON devices (app, version, last_seen);

-- How many devices ran what on a day: the last day of a device counts once.
CREATE TABLE adoption (
    app TEXT NOT NULL,
    day BIGINT NOT NULL,
    version TEXT NOT NULL,
    devices BIGINT NOT NULL,
    PRIMARY KEY (app, day, version)
);

-- What devices told that is counted and no more.
CREATE TABLE actions (
    app TEXT NOT NULL,
    day BIGINT NOT NULL,
    version TEXT NOT NULL,
    action TEXT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (app, day, version, action)
);

CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    organisation TEXT NOT NULL,
    app TEXT,
    key_id TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX audit_by_app ON audit (app, at);
