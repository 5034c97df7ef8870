/** What the simulated PayOS keeps. Amounts in whole VND. */
export const PAYOS_SIMULATION_TABLES = `
CREATE TABLE payos_sim_links (
  order_code INTEGER PRIMARY KEY, link_id TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL CHECK (amount > 0), description TEXT NOT NULL,
  qr_code TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'PROCESSING', 'CANCELLED', 'FAILED')),
  created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, cancelled_at_ms INTEGER, cancellation_reason TEXT
) STRICT;
CREATE TABLE payos_sim_transfers (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, order_code INTEGER NOT NULL REFERENCES payos_sim_links(order_code),
  reference TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL CHECK (amount > 0), description TEXT NOT NULL, at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX payos_sim_transfers_by_order ON payos_sim_transfers (order_code, seq);
CREATE TABLE payos_sim_webhook (id INTEGER PRIMARY KEY CHECK (id = 1), url TEXT NOT NULL) STRICT;
`;
