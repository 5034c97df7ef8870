/** What the payment server of ds50 keeps. Of a card: first 6 and last 4 digits and its organisation, never more. */
export const DS50_TABLES = `
CREATE TABLE ds50_sales (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_sn TEXT NOT NULL, sale_date TEXT NOT NULL, batch_no TEXT NOT NULL, trace_no TEXT NOT NULL,
  sale_time TEXT NOT NULL, amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), masked_pan TEXT NOT NULL, card_org TEXT NOT NULL,
  app_version TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('approved', 'declined')), auth_code TEXT NOT NULL,
  response_code TEXT NOT NULL, answer TEXT NOT NULL, recorded INTEGER NOT NULL CHECK (recorded IN (0, 1)),
  duplicates INTEGER NOT NULL DEFAULT 0, received_at_ms INTEGER NOT NULL, UNIQUE (device_sn, sale_date, batch_no, trace_no)
) STRICT;
CREATE TABLE ds50_pushes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_sn TEXT NOT NULL, topic TEXT NOT NULL, payload TEXT NOT NULL,
  retain INTEGER NOT NULL CHECK (retain IN (0, 1)), copies INTEGER NOT NULL, sent_at_ms INTEGER NOT NULL
) STRICT;
`;
