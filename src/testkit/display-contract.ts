import { afterEach, describe, expect, it } from 'vitest';
import type { Screen } from '../domain/screen.ts';
import type { Language } from '../domain/speech/language.ts';
import type { DisplayTarget } from '../ports/display.ts';
import { FakeClock, settle } from './clock.ts';
import { type LogLine, memoryLog } from './log.ts';

/** What a display is made with, and how a test plays with it. */
export interface DisplayParts {
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof memoryLog>;
  readonly language: () => Language;
}

export interface DisplayHarness {
  readonly display: DisplayTarget;
  /** A mark of all that is seen, the same for the same; null while nothing is, or by nobody. */
  seen(): string | null;
  /** Spoils what is seen, without the display's knowing. */
  spoil(): void;
  /** Takes the device away, and puts it back. */
  unplug(): void;
  plugIn(): void;
  remove(): void;
}

export interface DisplayTraits {
  /** False for a display that nobody sees. */
  readonly visible: boolean;
  /** Whether countdowns go on by themselves. */
  readonly counts: boolean;
  /** Whether it draws pictures, which can be touched. */
  readonly touch: boolean;
  /** The code under which a device that was taken away is logged. */
  readonly gone: string | null;
}

const PIN = { kind: 'pin', pin: '482913', deviceId: 'box-1' } as const;
const PAID = { kind: 'success', due: { minor: 5_000, currency: 'THB' }, credit: { minor: 0, currency: 'THB' } } as const;
const AMOUNTS = { kind: 'amount-select', amounts: [{ minor: 2_000, currency: 'GBP' }], other: true } as const;

/** Waits for what other threads do; the test's time limit ends it. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await settle();
}

/** The promises of ports/display.ts. */
export function displayContract(name: string, traits: DisplayTraits, make: (parts: DisplayParts) => DisplayHarness): void {
  describe(`${name} keeps the contract of DisplayTarget`, () => {
    let harness: DisplayHarness;
    let parts: DisplayParts & { language: () => Language; speak: (language: Language) => void };
    const open = (): DisplayTarget => {
      let language: Language = 'en';
      parts = {
        clock: new FakeClock(),
        log: memoryLog(),
        language: () => language,
        speak: (other) => {
          language = other;
        },
      };
      harness = make(parts);
      return harness.display;
    };
    afterEach(async () => {
      await harness.display.stop();
      harness.remove();
    });
    /** Waits for a picture that is none of these, and says which it is. */
    const other = async (...than: (string | null)[]): Promise<string | null> => {
      while (traits.visible && [null, ...than].includes(harness.seen())) {
        // What was due while it drew is due now.
        parts.clock.advance(0);
        await settle();
      }
      return harness.seen();
    };
    const shown = async (display: DisplayTarget, screen: Screen, ...than: (string | null)[]): Promise<string | null> => {
      display.show(screen);
      return other(...than);
    };
    const warnings = (): LogLine[] => parts.log.lines.filter(({ level }) => level === 'warn');

    it('draws nothing before it is started, and then the newest screen', async () => {
      const display = open();
      display.show(PIN);
      display.show(PAID);
      await settle();
      expect(harness.seen()).toBeNull();
      expect(display.picture()).toBeNull();
      display.start();
      display.start();
      const paid = await other(null);
      const pin = await shown(display, PIN, paid);
      expect(await shown(display, PAID, pin)).toBe(paid);
    });

    it('draws the newest of many screens that come at once, and leaves out those between', async () => {
      const display = open();
      display.start();
      const pin = await shown(display, PIN);
      await shown(display, PAID, pin);
      for (let i = 0; i < 50; i++) display.show({ ...PIN, pin: String(100_000 + i) });
      display.show(PIN);
      const seen = new Set<string | null>();
      await until(() => seen.add(harness.seen()).has(pin));
      for (let i = 0; i < 20; i++) await settle();
      expect(harness.seen()).toBe(pin);
      expect(seen.size).toBeLessThanOrEqual(4);
    });

    it('draws a screen once that is shown twice', async () => {
      const display = open();
      display.start();
      const pin = await shown(display, PIN);
      harness.spoil();
      const spoilt = harness.seen();
      display.show(PIN);
      display.show({ ...PIN });
      await until(() => !traits.touch || display.picture() !== null);
      for (let i = 0; i < 20; i++) await settle();
      expect(harness.seen()).toBe(spoilt);
      expect(pin === null).toBe(!traits.visible);
    });

    it('counts down by itself, second by second, and stops at the end', async () => {
      const display = open();
      display.start();
      const { clock } = parts;
      const qr: Screen = { kind: 'show-qr', qr: 'HELLO', expiresAtMonotonicMs: clock.monotonicMs() + 2_500 };
      const first = await shown(display, qr);
      const seen = [first];
      for (const ms of [500, 1_000, 1_000]) {
        clock.advance(ms);
        if (traits.counts) seen.push(await other(...seen));
      }
      expect(new Set(seen).size).toBe(traits.counts && traits.visible ? 4 : 1);
      for (let i = 0; i < 5; i++) await settle();
      clock.advance(10_000);
      for (let i = 0; i < 5; i++) await settle();
      expect(harness.seen()).toBe(seen.at(-1));
    });

    it('blinks while the box is looked for', async () => {
      const display = open();
      display.start();
      const dark = await shown(display, { kind: 'identify', serial: 'S-1' });
      // A terminal says it in words, which do not blink.
      if (!traits.touch) return;
      parts.clock.advance(500);
      const light = await other(dark);
      parts.clock.advance(500);
      expect(await other(light)).toBe(dark);
    });

    it('draws in the language that is spoken when a screen is shown', async () => {
      const display = open();
      display.start();
      const english = await shown(display, PAID);
      parts.speak('zh');
      const chinese = await shown(display, PAID, english);
      expect(chinese === english).toBe(!traits.visible);
    });

    it('says what can be touched only while the newest screen is on the glass', async () => {
      const display = open();
      display.start();
      await shown(display, AMOUNTS);
      if (!traits.touch) {
        expect(display.picture()).toBeNull();
        return;
      }
      await until(() => display.picture() !== null);
      const { width, height, touch } = display.picture() ?? { width: 0, height: 0, touch: [] };
      expect(touch.map(({ key }) => key)).toEqual(['amount-1', 'amount-other']);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(160);
      display.show(PAID);
      expect(display.picture()).toBeNull();
      await until(() => display.picture() !== null);
      expect(display.picture()?.touch).toEqual([]);
    });

    it('logs a broken device once, tries it again, and shows the newest screen when it is back', async () => {
      // No display never breaks.
      if (traits.gone === null) return;
      const display = open();
      display.start();
      const pin = await shown(display, PIN);
      harness.unplug();
      display.show(PAID);
      await until(() => warnings().length > 0);
      expect(display.picture()).toBeNull();
      display.show({ ...PIN, pin: '111111' });
      for (let i = 0; i < 5; i++) {
        parts.clock.advance(2_000);
        await settle();
      }
      expect(warnings()).toMatchObject([{ event: 'display.failed', fields: { error: { code: traits.gone, blame: 'device' } } }]);
      harness.plugIn();
      display.show(PAID);
      while (harness.seen() === null || harness.seen() === pin) {
        parts.clock.advance(500);
        await settle();
      }
      await until(() => parts.log.lines.some(({ event }) => event === 'display.works-again'));
      expect(warnings()).toHaveLength(1);
    });

    it('does nothing more after it was stopped, and can be stopped at any time', async () => {
      const display = open();
      await display.stop();
      display.start();
      await shown(display, { kind: 'identify', serial: 'S-1' });
      display.show(PIN);
      await display.stop();
      await display.stop();
      const left = harness.seen();
      display.show(PAID);
      parts.clock.advance(5_000);
      for (let i = 0; i < 5; i++) await settle();
      expect(harness.seen()).toBe(left);
      expect(display.picture()).toBeNull();
      expect(parts.clock.pending()).toBe(0);
      expect(warnings()).toEqual([]);
    });
  });
}
