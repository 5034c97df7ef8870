import { Fault } from '../domain/fault.ts';
import type { Logo } from '../drivers/display/logo.ts';
import type { Log } from '../ports/log.ts';
import type { Updates } from '../ports/updates.ts';

/** The operator's logo from the current resource package (`ui/logo.png`, else `ui/logo.svg`); read once for each release. One that cannot be shown is logged and left out. */
export function logoSource(updates: Pick<Updates, 'resource' | 'state'>, log: Log): () => Promise<Logo | null> {
  let known: { readonly release: string | null; readonly logo: Promise<Logo | null> } | null = null;
  const read = async (): Promise<Logo | null> => {
    try {
      const bytes = (await updates.resource('ui/logo.png')) ?? (await updates.resource('ui/logo.svg'));
      if (!bytes) return null;
      const { readLogo } = await import('../drivers/display/logo.ts');
      return readLogo(bytes);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      log.warn('logo.unusable', { error });
      return null;
    }
  };
  return () => {
    const release = updates.state().slots.CUST.current?.id ?? null;
    if (known?.release !== release) known = { release, logo: read() };
    return known.logo;
  };
}
