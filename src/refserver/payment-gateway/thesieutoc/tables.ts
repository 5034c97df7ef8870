/** What the simulated TheSieuToc keeps. A card's PIN and serial only sealed, and as a keyed digest to know it again. */
export const THESIEUTOC_SIMULATION_TABLES = `
CREATE TABLE thesieutoc_sim_cards (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL UNIQUE, card_type TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
  card_sealed TEXT NOT NULL, card_digest TEXT NOT NULL UNIQUE, status INTEGER NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 3),
  actual_amount INTEGER, planned TEXT NOT NULL, decide_at_ms INTEGER, created_at_ms INTEGER NOT NULL, settled_at_ms INTEGER
) STRICT;
`;
