/**
 * What the payment gateway keeps. PINs and serials are sealed (`vault.ts`) and found by keyed digests. What a card or a
 * link has come to is settled in the tables themselves: nothing can change it.
 */
export const PAYMENT_GATEWAY_TABLES = `
CREATE TABLE gateway_transactions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL CHECK (type IN ('card', 'payos')),
  status TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,
  follow_at_ms INTEGER
) STRICT;
CREATE INDEX gateway_transactions_to_follow ON gateway_transactions (type, follow_at_ms) WHERE follow_at_ms IS NOT NULL;
CREATE TABLE gateway_cards (
  id TEXT PRIMARY KEY REFERENCES gateway_transactions(id), client TEXT NOT NULL, request_id TEXT, username TEXT NOT NULL,
  card_type TEXT NOT NULL, pin BLOB NOT NULL, serial BLOB NOT NULL, pin_digest BLOB NOT NULL, card_digest BLOB NOT NULL,
  accepted INTEGER NOT NULL DEFAULT 0 CHECK (accepted IN (0, 1)), refusals INTEGER NOT NULL DEFAULT 0,
  actual_amount INTEGER, received_amount INTEGER, fee_percent REAL, penalty_percent REAL, message TEXT NOT NULL DEFAULT '',
  UNIQUE (client, request_id)
) STRICT;
CREATE INDEX gateway_cards_by_card ON gateway_cards (card_digest);
CREATE INDEX gateway_cards_by_pin ON gateway_cards (pin_digest);
CREATE INDEX gateway_cards_by_username ON gateway_cards (username);
CREATE TABLE gateway_serial_beginnings (
  digest BLOB NOT NULL, id TEXT NOT NULL REFERENCES gateway_cards(id), PRIMARY KEY (digest, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE gateway_links (
  id TEXT PRIMARY KEY REFERENCES gateway_transactions(id), order_code INTEGER NOT NULL UNIQUE, request TEXT NOT NULL, link TEXT,
  amount_told INTEGER NOT NULL DEFAULT 0, expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX gateway_links_by_expiry ON gateway_links (expires_at_ms);
CREATE TABLE gateway_notices (
  id TEXT NOT NULL REFERENCES gateway_links(id), reference TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), at_ms INTEGER NOT NULL,
  PRIMARY KEY (id, reference)
) STRICT, WITHOUT ROWID;
CREATE TABLE gateway_timeline (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL REFERENCES gateway_transactions(id), action TEXT NOT NULL,
  message TEXT NOT NULL, at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX gateway_timeline_by_id ON gateway_timeline (id, seq);
CREATE TABLE gateway_numbers (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE gateway_key (one INTEGER PRIMARY KEY CHECK (one = 1), digest BLOB NOT NULL) STRICT;
CREATE TRIGGER gateway_cards_settled
  BEFORE UPDATE OF id, type, status, amount ON gateway_transactions
  WHEN OLD.type = 'card' AND OLD.status <> 'PENDING' AND (NEW.status <> OLD.status OR NEW.amount <> OLD.amount)
  BEGIN SELECT RAISE(ABORT, 'this card is settled'); END;
CREATE TRIGGER gateway_links_paid
  BEFORE UPDATE OF id, type, status, amount ON gateway_transactions
  WHEN OLD.type = 'payos' AND OLD.status = 'PAID' AND (NEW.status <> OLD.status OR NEW.amount <> OLD.amount)
  BEGIN SELECT RAISE(ABORT, 'this link is paid'); END;
CREATE TRIGGER gateway_amounts_settled
  BEFORE UPDATE OF actual_amount, received_amount ON gateway_cards
  WHEN OLD.received_amount IS NOT NULL AND (NEW.actual_amount IS NOT OLD.actual_amount OR NEW.received_amount IS NOT OLD.received_amount)
  BEGIN SELECT RAISE(ABORT, 'this card is settled'); END;
`;
