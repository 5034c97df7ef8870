import type { Fault } from '../domain/fault.ts';
import type { UpdatePolicy } from '../ota/check.ts';
import type { Updates } from '../ports/updates.ts';
import type { Io } from './command.ts';

/** The updates in a state folder that no box works on. What is found damaged there is told on stderr. */
export async function updatesOnDisk(directory: string, policy: UpdatePolicy, io: Io): Promise<Updates> {
  const { createUpdates } = await import('../ota/updates.ts');
  const report = (fault: Fault) => io.err(`tilld: ${fault.explain()}`);
  return createUpdates({ directory, policy, wallMs: () => Date.now(), report });
}

/** Whose packages a box takes, by its configuration. @throws what `loadConfig` throws */
export async function policyOf(configFile: string, env: Readonly<Record<string, string | undefined>>): Promise<UpdatePolicy> {
  const { loadConfig } = await import('../runtime/config.ts');
  const { updatePolicy } = await import('../runtime/compose.ts');
  return updatePolicy(loadConfig(configFile, env));
}

/** For what needs no trust: whatever is offered is refused. */
export const NO_POLICY: UpdatePolicy = { model: '', customer: '', runtime: '0.0.0', keys: [], allowUnsigned: false };
