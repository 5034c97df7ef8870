/** What the backend of kiosks keeps. What a transaction has come to is settled in the tables themselves: nothing can change it. */
export const KIOSK_TABLES = `
CREATE TABLE kiosk_transactions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, transaction_id TEXT NOT NULL UNIQUE, device TEXT NOT NULL, currency TEXT NOT NULL,
  amount_minor INTEGER CHECK (amount_minor > 0), method TEXT,
  state TEXT NOT NULL CHECK (state IN ('open', 'processing', 'success', 'failed', 'limited', 'cancelled', 'timed-out')),
  step TEXT NOT NULL, receipt INTEGER NOT NULL DEFAULT 0 CHECK (receipt IN (0, 1)), ticket INTEGER NOT NULL DEFAULT 0 CHECK (ticket IN (0, 1)),
  reason_code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', limit_minor INTEGER, remaining_minor INTEGER,
  created_at_ms INTEGER NOT NULL, step_at_ms INTEGER NOT NULL, decided_at_ms INTEGER,
  CHECK (state NOT IN ('processing', 'success', 'failed', 'limited') OR (amount_minor IS NOT NULL AND method IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX kiosk_transactions_open ON kiosk_transactions (device) WHERE step <> 'amount-select';
CREATE INDEX kiosk_transactions_by_day ON kiosk_transactions (device, decided_at_ms) WHERE state = 'success';
CREATE TRIGGER kiosk_transactions_settled
  BEFORE UPDATE OF transaction_id, device, currency, amount_minor, method, state, decided_at_ms ON kiosk_transactions
  WHEN OLD.state NOT IN ('open', 'processing') AND (
    NEW.transaction_id <> OLD.transaction_id OR NEW.device <> OLD.device OR NEW.currency <> OLD.currency OR NEW.state <> OLD.state
    OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.method IS NOT OLD.method OR NEW.decided_at_ms IS NOT OLD.decided_at_ms)
  BEGIN SELECT RAISE(ABORT, 'this transaction is settled'); END;
CREATE TABLE kiosk_devices (
  device TEXT PRIMARY KEY, error_shown INTEGER NOT NULL CHECK (error_shown IN (0, 1)), error_code TEXT NOT NULL, error_message TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE kiosk_settings (one INTEGER PRIMARY KEY CHECK (one = 1), settings TEXT NOT NULL) STRICT;
`;
