import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { type BackendClock, type BackendEntropy, randomText } from './environment.ts';
import { Refusal } from './refusal.ts';
import { inTransaction, integerOf, integerOrNull, textOf, textOrNull } from './store.ts';

/** A box that has registered, as the control API shows it. */
export interface Device {
  readonly deviceId: string;
  readonly mac: string;
  readonly chipId: string;
  readonly firmwareVersion: string;
  /** What the box shows since it last registered; null once it has been used to claim the box. */
  readonly pin: string | null;
  readonly claimed: boolean;
  readonly registeredAtMs: number;
  readonly claimedAtMs: number | null;
}

export interface Introduction {
  readonly mac: string;
  readonly chipId: string;
  readonly firmwareVersion: string;
}

/** Wrong PINs after which only a new one helps: four digits must not be guessed. */
const MAX_PIN_TRIES = 5;
/** Anyone can register; this bounds what that may fill, and how many keys an upload is checked against. */
const MAX_DEVICES = 1000;

/** The boxes this backend knows. A box is known by its MAC address: registering again keeps its id and its owner. */
export class Devices {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;
  readonly #entropy: BackendEntropy;

  constructor(db: DatabaseSync, clock: BackendClock, entropy: BackendEntropy) {
    this.#db = db;
    this.#clock = clock;
    this.#entropy = entropy;
  }

  /** Registers a box, or gives a known one a new PIN. The device returned always has a PIN. @throws Refusal `device-limit` */
  register({ mac, chipId, firmwareVersion }: Introduction): Device & { readonly pin: string } {
    return inTransaction(this.#db, () => {
      const known = this.findByMac(mac);
      const pin = this.#newPin(known?.pin ?? null);
      if (known) {
        this.#db
          .prepare('UPDATE devices SET chip_id = ?, firmware_version = ?, pin = ?, pin_tries = 0, registered_at_ms = ? WHERE device_id = ?')
          .run(chipId, firmwareVersion, pin, this.#clock.wallMs(), known.deviceId);
        return { ...this.get(known.deviceId), pin };
      }
      const count = integerOf(this.#db.prepare('SELECT count(*) AS n FROM devices').get() ?? {}, 'n');
      if (count >= MAX_DEVICES) {
        throw new Refusal(503, 'No more devices can register', { code: 'device-limit', expected: `at most ${MAX_DEVICES} devices` });
      }
      const { lastInsertRowid } = this.#db
        .prepare('INSERT INTO devices (mac, chip_id, firmware_version, pin, registered_at_ms) VALUES (?, ?, ?, ?, ?)')
        .run(mac, chipId, firmwareVersion, pin, this.#clock.wallMs());
      const deviceId = `device-${String(lastInsertRowid).padStart(4, '0')}`;
      this.#db.prepare('UPDATE devices SET device_id = ? WHERE seq = ?').run(deviceId, lastInsertRowid);
      return { ...this.get(deviceId), pin };
    });
  }

  /**
   * Makes a box ours by the PIN it shows.
   * @throws Refusal `device-unknown`, `pin-wrong`, `pin-used`, `pin-locked`
   */
  claim(deviceId: string, pin: string): Device {
    const device = this.get(deviceId);
    if (device.pin === null) {
      throw new Refusal(409, 'This device has been claimed with its PIN already', {
        code: 'pin-used',
        remedy: 'Press the pairing button on the box for a new PIN.',
      });
    }
    const tries = integerOf(this.#db.prepare('SELECT pin_tries FROM devices WHERE device_id = ?').get(deviceId) ?? {}, 'pin_tries');
    if (tries >= MAX_PIN_TRIES) {
      throw new Refusal(409, 'The PIN was wrong too often', {
        code: 'pin-locked',
        found: `${tries} wrong tries`,
        remedy: 'Press the pairing button on the box for a new PIN.',
      });
    }
    if (pin !== device.pin) {
      this.#db.prepare('UPDATE devices SET pin_tries = pin_tries + 1 WHERE device_id = ?').run(deviceId);
      throw new Refusal(403, 'That is not the PIN of this device', { code: 'pin-wrong', remedy: 'Enter the four digits the box shows.' });
    }
    this.#db.prepare('UPDATE devices SET pin = NULL, claimed_at_ms = ? WHERE device_id = ?').run(this.#clock.wallMs(), deviceId);
    return this.get(deviceId);
  }

  find(deviceId: string): Device | null {
    const row = this.#db.prepare('SELECT * FROM devices WHERE device_id = ?').get(deviceId);
    return row ? toDevice(row) : null;
  }

  findByMac(mac: string): Device | null {
    const row = this.#db.prepare('SELECT * FROM devices WHERE mac = ?').get(mac);
    return row ? toDevice(row) : null;
  }

  /** @throws Refusal `device-unknown` */
  get(deviceId: string): Device {
    const device = this.find(deviceId);
    if (device) return device;
    throw new Refusal(404, 'No such device', { code: 'device-unknown', found: deviceId });
  }

  /** All of them, the latest to register first. */
  list(): Device[] {
    return this.#db.prepare('SELECT * FROM devices ORDER BY registered_at_ms DESC, seq DESC').all().map(toDevice);
  }

  #newPin(last: string | null): string {
    for (;;) {
      const pin = randomText(this.#entropy, '0123456789', 4);
      if (pin !== last) return pin;
    }
  }
}

function toDevice(row: Record<string, SQLOutputValue>): Device {
  const claimedAtMs = integerOrNull(row, 'claimed_at_ms');
  return {
    deviceId: textOf(row, 'device_id'),
    mac: textOf(row, 'mac'),
    chipId: textOf(row, 'chip_id'),
    firmwareVersion: textOf(row, 'firmware_version'),
    pin: textOrNull(row, 'pin'),
    claimed: claimedAtMs !== null,
    registeredAtMs: integerOf(row, 'registered_at_ms'),
    claimedAtMs,
  };
}
