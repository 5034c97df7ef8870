/** What the simulated upstreams still have to tell a gateway. Bodies are sealed where they hold cards. */
export const DELIVERY_TABLES = `
CREATE TABLE gateway_sim_deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL CHECK (sender IN ('payos', 'thesieutoc')), url TEXT NOT NULL,
  content_type TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given-up')),
  attempts INTEGER NOT NULL DEFAULT 0, due_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX gateway_sim_deliveries_waiting ON gateway_sim_deliveries (sender, state);
`;
