import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cancel } from '../ports/clock.ts';
import type { FakeClock } from './clock.ts';
import { type Options, optionsOf } from './gpiod-options.ts';
import { type Call, type GpiodPrograms, gpiodPrograms } from './gpiod-programs.ts';
import { bannerOf, busyOf, infoOf, rowOf, versionOf } from './gpiod-words.ts';

type Level = 'high' | 'low';

interface FakeChip {
  readonly chip: string;
  readonly label: string;
  /** Names by offset. */
  readonly lines: readonly (string | null)[];
}

interface Line {
  readonly chip: string;
  readonly offset: number;
  readonly name: string | null;
  holder: Call | null;
  /** What it was driven to, where it is; and what comes from outside. */
  driven: Level | null;
  wire: Level;
}

/** What the next start of a program does instead of its work. */
export type Act = { readonly refuses: string } | { readonly crashes: string } | 'stubborn' | 'silent' | { readonly bursts: number };

export interface KernelOptions {
  readonly generation: 1 | 2;
  /** As on Raspberry Pi OS: a line stays as it was driven last; elsewhere it is let go. */
  readonly persists: boolean;
  readonly chips: readonly FakeChip[];
  readonly clock: FakeClock;
}

/** Lines of a kernel that real programs with the names of libgpiod's work on; time is the test's. */
export class GpiodKernel {
  /** Every command line so far, in order. */
  readonly calls: string[] = [];
  chips: readonly FakeChip[];
  /** Nobody may use the chips. */
  forbidden = false;
  readonly #o: KernelOptions;
  readonly #lines = new Map<string, Line>();
  readonly #acts = new Map<string, Act[]>();
  readonly #monitors = new Map<Call, string>();
  readonly #timers = new Map<Call, Cancel>();
  readonly #changes: { readonly name: string; readonly level: Level | null; readonly atMs: number }[] = [];
  readonly #failures: string[] = [];
  #waiting: { readonly when: () => boolean; readonly go: () => void }[] = [];
  #programs: GpiodPrograms | null = null;
  #running = 0;
  #unplugged = 0;
  readonly #slow: (() => void)[] = [];
  /** How many trains were begun. */
  trains = 0;

  constructor(options: KernelOptions) {
    this.#o = options;
    this.chips = options.chips;
    for (const chip of options.chips) this.#make(chip);
  }

  #make({ chip, lines }: FakeChip): void {
    for (const [offset, name] of lines.entries()) {
      this.#lines.set(`${chip} ${offset}`, { chip, offset, name, holder: null, driven: null, wire: 'high' });
    }
  }

  /** Where the chips have their nodes, once it was started. */
  get dev(): string {
    return join(this.#programs?.folder ?? '', 'dev');
  }

  /** A chip comes, under a number that is free. */
  plug(chip: FakeChip): void {
    this.chips = [...this.chips, chip];
    this.#make(chip);
    writeFileSync(join(this.dev, chip.chip), '');
    this.#look();
  }

  /** A chip goes. Programs that hold its lines do not notice, as those of libgpiod. */
  unplug(chip: string): FakeChip {
    const gone = this.chips.find((each) => each.chip === chip);
    assert(gone, `no chip ${chip}`);
    this.chips = this.chips.filter((each) => each !== gone);
    for (const [key, line] of this.#lines) {
      if (line.chip !== chip) continue;
      if (line.driven !== null) this.#change(line, null);
      this.#lines.delete(key);
    }
    // Kept, so that the next node is another.
    this.#unplugged += 1;
    renameSync(join(this.dev, chip), join(this.dev, `unplugged${this.#unplugged}`));
    return gone;
  }

  async start(): Promise<GpiodPrograms> {
    this.#programs = await gpiodPrograms(
      (call) => {
        this.#running += 1;
        this.#started(call);
        this.#look();
      },
      (call) => {
        this.#running -= 1;
        this.#ended(call);
        this.#look();
      },
    );
    mkdirSync(this.dev);
    for (const { chip } of this.chips) writeFileSync(join(this.dev, chip), '');
    return this.#programs;
  }

  /** Ends everything. Fails on command lines no program would take, and on acts that never came. */
  async stop(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    await this.#programs?.stop();
    assert.deepEqual(this.#failures, [], 'command lines no libgpiod takes');
    assert.deepEqual(
      [...this.#acts.values()].filter((acts) => acts.length > 0),
      [],
      'acts that never came',
    );
  }

  /** What the next starts of a program do, one each. */
  act(program: Call['name'], ...acts: readonly Act[]): void {
    this.#acts.set(program, [...(this.#acts.get(program) ?? []), ...acts]);
  }

  /** Resolves as soon as it is so, at a change in the kernel. */
  until(when: () => boolean): Promise<void> {
    if (when()) return Promise.resolve();
    return new Promise((go) => this.#waiting.push({ when, go }));
  }

  /** Lets programs that were silent do their work after all. */
  wake(): void {
    for (const work of this.#slow.splice(0)) work();
    this.#look();
  }

  /** Sends off what `bursts` announced, as edges of an input that was high, 0.1 ms apart. */
  burst(name: string): void {
    const { holder, offset } = this.#named(name);
    holder?.write(this.#o.generation === 1 ? `go 0 1 1 %d %s ${offset}\n` : `go 2 1 1.%09d %s ${offset}\n`);
  }

  /** Level that an output is driven to; null when nobody drives it. */
  driven(name: string): Level | null {
    return this.#find(name)?.driven ?? null;
  }

  /** The process that holds a line. */
  holder(name: string): Call | null {
    return this.#find(name)?.holder ?? null;
  }

  /** Programs that run now. */
  get running(): number {
    return this.#running;
  }

  /** What an output was driven to, one after the other. */
  changes(name: string): readonly { readonly level: Level | null; readonly atMs: number }[] {
    return this.#changes.filter((change) => change.name === name);
  }

  /** Changes an input from outside; an edge is told, or lost. */
  drive(name: string, level: Level, edge: 'told' | 'lost' = 'told'): void {
    const { generation, clock } = this.#o;
    const line = this.#named(name);
    if (line.wire === level) return;
    line.wire = level;
    const format = line.holder ? this.#monitors.get(line.holder) : undefined;
    if (line.holder && format !== undefined && edge === 'told')
      line.holder.write(`${rowOf(generation, format, line, clock.monotonicMs())}\n`);
  }

  #started(call: Call): void {
    this.calls.push([call.name, ...call.args].join(' '));
    const parsed = optionsOf(this.#o.generation, call.name, call.args);
    if (!parsed) {
      this.#failures.push(this.calls.at(-1) ?? '');
      call.answer('fail try --help');
      return;
    }
    const act = this.#acts.get(call.name)?.shift();
    if (act === 'silent') this.#slow.push(() => this.#work(call, parsed));
    else if (act && typeof act === 'object' && 'refuses' in act) call.answer(`fail ${act.refuses}`);
    else this.#work(call, parsed, act);
  }

  #work(call: Call, { options, rest }: Options, act?: Act): void {
    const { generation } = this.#o;
    if (options['--version'] === '') this.#say(call, versionOf(generation));
    else if (call.name === 'gpiodetect') this.#detect(call);
    else if (generation === 1) this.#onChip(call, rest[0] ?? '', rest.slice(1), options, act);
    else this.#onChip(call, options['-c'] ?? '', rest, options, act);
  }

  #detect(call: Call): void {
    if (this.forbidden) {
      call.answer(
        this.#o.generation === 1
          ? 'fail unable to access GPIO chips: Permission denied'
          : "fail unable to open chip '/dev/gpiochip0': Permission denied",
      );
    } else this.#say(call, this.chips.map(({ chip, label, lines }) => `${chip} [${label}] (${lines.length} lines)\n`).join(''));
  }

  #onChip(call: Call, chip: string, words: readonly string[], options: Options['options'], act?: Act): void {
    if (call.name === 'gpioinfo') {
      const lines = [...this.#lines.values()].filter((line) => line.chip === chip);
      this.#say(call, infoOf(this.#o.generation, chip, lines));
      return;
    }
    const lines = words.flatMap((word) => this.#lines.get(`${chip} ${Number(word.split('=', 1)[0])}`) ?? []);
    if (lines.length !== words.length || lines.length === 0) call.answer('fail no such line');
    else if (lines.some(({ holder }) => holder)) call.answer(`fail ${busyOf(this.#o.generation, call.name, chip)}`);
    else if (call.name === 'gpioget') this.#say(call, `${lines.map(({ wire }) => (wire === 'high' ? 1 : 0)).join(' ')}\n`);
    else if (call.name === 'gpiomon') this.#monitor(call, options, lines, act);
    else this.#set(call, options, lines, words, act);
  }

  #set(call: Call, options: Options['options'], lines: readonly Line[], words: readonly string[], act?: Act): void {
    for (const [i, line] of lines.entries()) {
      line.holder = call;
      this.#change(line, words[i]?.endsWith('=1') ? 'high' : 'low');
    }
    call.answer(howOf(act));
    this.#hold(call, options, lines);
  }

  #monitor(call: Call, options: Options['options'], lines: readonly Line[], act?: Act): void {
    for (const line of lines) line.holder = call;
    this.#monitors.set(call, options['-F'] ?? '');
    call.answer(howOf(act));
    if (options['--banner'] === '') call.write(bannerOf(lines.map(({ offset }) => offset)));
  }

  #hold(call: Call, options: Options['options'], lines: readonly Line[]): void {
    if (options['--banner'] === '') call.write(`Setting line '${lines[0]?.offset}'...\n`);
    const periods = options['-t']?.split(',');
    const mode = this.#o.generation === 1 ? (options['-m'] ?? 'exit') : 'signal';
    if (periods) this.#toggle(call, lines, periods, 0);
    else if (mode === 'exit') this.#finish(call);
    else if (mode === 'time') this.#after(call, Number(options['-s']) * 1_000 + Number(options['-u']) / 1_000, () => this.#finish(call));
    if ((periods && periods[0] !== '0') || mode === 'time') this.trains += 1;
  }

  #toggle(call: Call, lines: readonly Line[], periods: readonly string[], at: number): void {
    const [, us] = /^(\d+)us$/.exec(periods[at] ?? '') ?? [];
    if (us === undefined) {
      this.#finish(call);
      return;
    }
    this.#after(call, Number(us) / 1_000, () => {
      for (const line of lines) this.#change(line, line.driven === 'high' ? 'low' : 'high');
      this.#toggle(call, lines, periods, at + 1);
    });
  }

  #after(call: Call, ms: number, task: () => void): void {
    this.#timers.set(call, this.#o.clock.after(ms, task));
  }

  #finish(call: Call): void {
    this.#ended(call);
    call.end();
    this.#look();
  }

  #ended(call: Call): void {
    this.#timers.get(call)?.();
    this.#timers.delete(call);
    this.#monitors.delete(call);
    for (const line of this.#lines.values()) {
      if (line.holder !== call) continue;
      line.holder = null;
      if (!this.#o.persists && line.driven !== null) this.#change(line, null);
    }
  }

  #change(line: Line, level: Level | null): void {
    line.driven = level;
    this.#changes.push({ name: line.name ?? '', level, atMs: this.#o.clock.monotonicMs() });
  }

  #say(call: Call, text: string): void {
    call.answer('run');
    call.write(text);
    call.end();
  }

  #find(name: string): Line | undefined {
    const named = [...this.#lines.values()].filter((each) => each.name === name);
    // Of several chips it is the one that is used.
    return named.find(({ holder }) => holder) ?? named[0];
  }

  #named(name: string): Line {
    const line = this.#find(name);
    assert(line, `no line ${name}`);
    return line;
  }

  #look(): void {
    const ready = this.#waiting.filter(({ when }) => when());
    this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    for (const { go } of ready) go();
  }
}

function howOf(act: Act | undefined): Parameters<Call['answer']>[0] {
  if (act === 'stubborn') return 'stubborn';
  if (act && typeof act === 'object' && 'crashes' in act) return `crash ${act.crashes}`;
  if (act && typeof act === 'object' && 'bursts' in act) return `burst ${act.bursts}`;
  return 'run';
}
