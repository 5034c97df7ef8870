import type { DatabaseSync } from 'node:sqlite';
import type { Hono } from 'hono';
import type { PackageOffer } from '../../domain/ota/update.ts';
import { keyId } from '../../ota/package/keys.ts';
import { topicOf } from '../../protocols/ds50/codec.ts';
import { encodeInstruction } from '../../protocols/ds50/tms.ts';
import type { Announcer } from '../announcer.ts';
import type { Changes } from '../changes.ts';
import type { BackendClock, BackendEntropy, BackendLog } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import type { HttpEnv } from '../interference.ts';
import { tmsControlRoutes } from './control.ts';
import { Deployments } from './deployments.ts';
import { Groups } from './groups.ts';
import { identifyPackage } from './identify.ts';
import { PackageFolder } from './package-folder.ts';
import { Packages } from './packages.ts';
import { deviceRoutes } from './routes.ts';
import { StatusHistory } from './status.ts';

export interface TmsOptions {
  /** Public keys (PEM, SPKI, Ed25519): only packages they signed are taken. Default: none, and every whole package is. */
  readonly trustedKeys?: readonly string[];
}

interface TmsSide {
  readonly db: DatabaseSync;
  /** The backend's state file, or ':memory:'. */
  readonly stateFile: string;
  readonly clock: BackendClock;
  readonly entropy: BackendEntropy;
  readonly log: BackendLog;
  readonly changes: Changes;
  readonly faults: FaultBoard;
  readonly stopping: AbortSignal;
  readonly announcer: Announcer;
  /** What devices show as x-api-key. */
  readonly apiKey: string;
  /** Devices listen at `topicPrefix/<serial number>`. */
  readonly topicPrefix: string;
}

/** The TMS of the reference backend. */
export interface Tms {
  /** For devices, under /tms/v1. */
  readonly devices: Hono<HttpEnv>;
  /** For the page, under /ref/tms. */
  readonly control: Hono<HttpEnv>;
  /** Someone has subscribed to a topic. */
  listening(topic: string): void;
  stop(): Promise<void>;
}

/** Puts the TMS together and takes up the roll-outs of the last run. @throws ConfigurationFault `ota-key` for a trusted key that is none */
export async function startTms(side: TmsSide, { trustedKeys = [] }: TmsOptions = {}): Promise<Tms> {
  const { db, clock, entropy, log, changes, stopping } = side;
  // One that is none is said now, not when the first package comes.
  for (const key of trustedKeys) keyId(key);
  const folder = new PackageFolder(side.stateFile);
  const packages = new Packages(db, clock, folder, (file, name, size, sha256) => identifyPackage(file, name, size, sha256, trustedKeys));
  await packages.sweep();
  const history = new StatusHistory(db);
  const groups = new Groups(db, clock);
  const instruct = (deviceSn: string, offer: PackageOffer) => {
    const topic = topicOf(side.topicPrefix, deviceSn);
    side.announcer.send(topic, encodeInstruction(offer), { retain: false, copies: 1 }).catch((error: unknown) => {
      log.error('tms.instruction-failed', { topic, deployment: offer.deployment, reason: String(error) });
    });
  };
  const deployments = new Deployments(db, history, { clock, entropy, instruct, changed: () => changes.tell('tms') });
  deployments.start();
  return {
    devices: deviceRoutes({ packages, deployments, faults: side.faults, clock, log, stopping, apiKey: side.apiKey }),
    control: tmsControlRoutes({ packages, groups, deployments, history, changes, clock, log }),
    listening: (topic) => {
      const prefix = topicOf(side.topicPrefix, '');
      if (!topic.startsWith(prefix) || stopping.aborted) return;
      try {
        deployments.listening(topic.slice(prefix.length));
      } catch (error) {
        // The broker asks: it has nobody to answer.
        log.error('tms.error', { topic: topic.slice(0, 200), reason: String(error) });
      }
    },
    stop: async () => {
      deployments.stop();
      await folder.close();
    },
  };
}
