import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import { answer, login } from './answers.ts';
import { once } from './examine.ts';
import { type Check, type Finding, ok, skipped } from './finding.ts';
import type { Link } from './links.ts';
import { certificate, reach } from './reach.ts';

interface Parts {
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** The box that runs says that its own link to the broker is up: then its credentials are accepted, and are not tried again. */
  readonly brokerUp: boolean;
}

/** What is asked of each link, one after the other: a server that cannot be reached is blamed once. */
export function linkChecks(links: readonly Link[], { clock, entropy, brokerUp }: Parts): Check[] {
  return links.flatMap((link) => {
    const { code, title, url, mqtt } = link;
    const reached = once(() => reach(link, clock));
    const trusted = once(() => certificate(link, clock));
    const after = async (first: readonly (() => Promise<Finding>)[], then: () => Promise<Finding>): Promise<Finding> => {
      for (const step of first) if ((await step()).verdict === 'fault') return skipped('see above');
      return then();
    };
    const last: Check =
      mqtt === null
        ? {
            code: `${code}-answer`,
            title: `${title} answers`,
            run: (signal) => after([reached, trusted], () => answer(link, clock, signal)),
          }
        : {
            code: `${code}-login`,
            title: `${title} lets the box in`,
            run: async () =>
              brokerUp ? ok('the box that runs is connected') : after([reached, trusted], () => login(link, clock, entropy)),
          };
    return [
      { code: `${code}-reach`, title: `${title} ${url.host}`, run: reached },
      { code: `${code}-certificate`, title: `${title}, certificate`, run: () => after([reached], trusted) },
      last,
    ];
  });
}
