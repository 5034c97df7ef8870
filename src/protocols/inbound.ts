import type { Inbound } from '../ports/gateway.ts';

/** What a backend says, on its way to the one consumer. */
export interface InboundQueue {
  push(event: Inbound): void;
  /** How many the consumer has not taken yet. */
  waiting(): number;
  /** Takes the newest back if it is this very one and nobody has it yet; whether it did. */
  takeBack(event: Inbound): boolean;
  /** Ends the iteration; what was not consumed is dropped unacknowledged and comes again. */
  end(): void;
  events(): AsyncIterable<Inbound>;
}

/**
 * Messages are bounded by who pushes them: a link that reads the next one only after the last is done, or a gateway that
 * looks at how many wait. `reconnected` waits at most once.
 */
export function inboundQueue(): InboundQueue {
  const waiting: Inbound[] = [];
  let ended = false;
  let wake = Promise.withResolvers<void>();
  const rouse = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  async function* events(): AsyncGenerator<Inbound> {
    while (!ended) {
      const event = waiting.shift();
      if (event === undefined) await wake.promise;
      else yield event;
    }
  }
  return {
    push: (event) => {
      if (ended || (event.kind === 'reconnected' && waiting.some(({ kind }) => kind === 'reconnected'))) return;
      waiting.push(event);
      rouse();
    },
    waiting: () => waiting.length,
    takeBack: (event) => {
      if (waiting.at(-1) !== event) return false;
      waiting.pop();
      return true;
    },
    end: () => {
      ended = true;
      waiting.length = 0;
      rouse();
    },
    events,
  };
}
