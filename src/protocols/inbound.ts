import type { Inbound } from '../ports/gateway.ts';

/** What a backend says, on its way to the one consumer. */
export interface InboundQueue {
  push(event: Inbound): void;
  /** Ends the iteration; what was not consumed is dropped unacknowledged and comes again. */
  end(): void;
  events(): AsyncIterable<Inbound>;
}

/** Messages are bounded by the link, which reads the next one only after the last is done; `reconnected` waits at most once. */
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
    end: () => {
      ended = true;
      waiting.length = 0;
      rouse();
    },
    events,
  };
}
