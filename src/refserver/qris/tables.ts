/** What the backend of QRIS soundboxes keeps. */
export const QRIS_TABLES = `
CREATE TABLE qris_transactions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, transaction_id TEXT NOT NULL UNIQUE, device_id TEXT NOT NULL, request_id TEXT NOT NULL,
  terminal_id TEXT NOT NULL, amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), qr_payload TEXT NOT NULL,
  requests INTEGER NOT NULL DEFAULT 1, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, paid_at_ms INTEGER,
  UNIQUE (device_id, request_id)
) STRICT;
CREATE TABLE qris_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, transaction_id TEXT NOT NULL UNIQUE, device_id TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), display_text TEXT NOT NULL, paid_at_ms INTEGER NOT NULL,
  published INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE qris_orders (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('config', 'command')),
  version INTEGER, command_id TEXT, name TEXT, content TEXT NOT NULL, sent_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX qris_orders_by_device ON qris_orders (device_id, version);
CREATE TABLE qris_acks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, ack TEXT NOT NULL, copies INTEGER NOT NULL DEFAULT 1,
  received_at_ms INTEGER NOT NULL, UNIQUE (device_id, ack)
) STRICT;
CREATE TABLE qris_heartbeats (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, heartbeat TEXT NOT NULL, received_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX qris_heartbeats_by_device ON qris_heartbeats (device_id, seq);
`;
