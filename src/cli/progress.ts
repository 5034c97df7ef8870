/** Where a bar is drawn: stderr, so that what is piped on stays clean. */
export interface BarTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar for one long step. */
export interface ProgressBar {
  /** How far the step has come; draws only what changes. */
  update(done: number, total: number): void;
  /** Takes the bar off the screen. */
  end(): void;
}

/** Steps over fewer bytes are done before a bar could be read; steps that count something else say how many are worth one. */
const WORTH_A_BAR_BYTES = 8 * 1024 * 1024;
const WIDTH = 30;

/** A bar with a label and a percentage on one line of the terminal; nothing at all where there is none. */
export function progressBar(label: string, terminal: BarTerminal = process.stderr, worthABar = WORTH_A_BAR_BYTES): ProgressBar {
  let drawn = '';
  return {
    update(done, total) {
      if (terminal.isTTY !== true || total < worthABar) return;
      const line = lineOf(label, done, total).slice(0, (terminal.columns || 80) - 1);
      if (line === drawn) return;
      drawn = line;
      terminal.write(`\r${line}\u{1b}[K`);
    },
    end() {
      if (drawn !== '') terminal.write('\r\u{1b}[K');
      drawn = '';
    },
  };
}

function lineOf(label: string, done: number, total: number): string {
  const filled = Math.floor((done * WIDTH) / total);
  return `${label} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${String(Math.floor((done * 100) / total)).padStart(3)} %`;
}
