/** What the box knows of its own health when somebody wants to pay. */
export interface Health {
  /** Why the ledger cannot be written, or null. */
  readonly ledger: string | null;
  /** Why the output cannot be trusted, or null. */
  readonly output: string | null;
  /** Whether a backend identity is known, and whether the owner insists on one before cash is taken. */
  readonly paired: boolean;
  readonly requirePairing: boolean;
  /** What the backend and the board offer at all. */
  readonly offersQr: boolean;
  readonly takesCards: boolean;
  /** The backend takes payments at a terminal of its own. */
  readonly hasTerminal: boolean;
  /** A release is being put in place. */
  readonly updating: boolean;
  readonly acceptors: number;
  /** Acceptors with a fault. */
  readonly faultyAcceptors: readonly string[];
}

export interface Readiness {
  readonly qr: boolean;
  readonly cash: boolean;
  readonly card: boolean;
  readonly terminal: boolean;
  /** Why something is not possible, most serious first; stable codes with a detail after a colon. */
  readonly reasons: readonly string[];
}

/** The readiness gate: no QR is shown and no acceptor enabled for a machine that could not keep its side. */
export function readiness(health: Health): Readiness {
  const reasons: string[] = [];
  if (health.ledger !== null) reasons.push(`ledger: ${health.ledger}`);
  if (health.output !== null) reasons.push(`output: ${health.output}`);
  if (health.updating) reasons.push('updating');
  if (!health.paired) reasons.push('not-paired');
  for (const name of health.faultyAcceptors) reasons.push(`acceptor: ${name}`);
  const sound = health.ledger === null && health.output === null && !health.updating;
  return {
    qr: sound && health.paired && health.offersQr,
    card: sound && health.paired && health.takesCards,
    terminal: sound && health.hasTerminal,
    cash: sound && health.acceptors > health.faultyAcceptors.length && (health.paired || !health.requirePairing),
    reasons,
  };
}
