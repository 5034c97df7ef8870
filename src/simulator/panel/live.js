import { get } from './api.js';

const RETRY_MS = 1_000;
const HISTORY_PAGE = 1_000;
const HISTORY_KEPT = 200;

/**
 * Keeps the page in touch with the box: the power's state, the journal and the screen as they change. When the box
 * goes away it asks once a second whether it is back, and then starts anew with the whole journal.
 */
export function stayLive({ onState, onUp, onDown, onHistory, onEntry, onScreen }) {
  let stream = null;

  async function connect() {
    let state;
    try {
      state = await get('/panel/state');
    } catch {
      return lost('gone');
    }
    onState(state);
    if (state.power === 'off') return lost('off');
    listen(state);
  }

  function listen(state) {
    // Entries that come while the history is still loading are shown after it.
    let early = [];
    let seen = 0;
    const show = (recorded) => {
      if (recorded.seq <= seen) return;
      seen = recorded.seq;
      onEntry(recorded);
    };
    const source = new EventSource('/v1/stream');
    stream = source;
    source.addEventListener('open', async () => {
      try {
        const history = await newest();
        if (stream !== source) return;
        seen = history.at(-1)?.seq ?? 0;
        onUp(state);
        onHistory(history);
        const waiting = early;
        early = null;
        waiting.forEach(show);
      } catch {
        if (stream === source) lost('starting');
      }
    });
    source.addEventListener('entry', (event) => {
      const recorded = JSON.parse(event.data);
      if (early) early.push(recorded);
      else show(recorded);
    });
    source.addEventListener('screen', (event) => early || onScreen(JSON.parse(event.data)));
    source.addEventListener('error', () => {
      if (stream !== source) return;
      if (early) return lost('starting');
      // The browser's own reconnecting gives up on 503 and cannot tell a power cut from a start: ask at once.
      drop();
      void connect();
    });
  }

  function drop() {
    stream?.close();
    stream = null;
  }

  function lost(why) {
    drop();
    onDown(why);
    setTimeout(connect, RETRY_MS);
  }

  void connect();
}

/** The newest entries of the journal, which only hands them out from the oldest on. */
async function newest() {
  let kept = [];
  for (let after = 0; ; ) {
    const { entries } = await get(`/v1/ledger?after=${after}&limit=${HISTORY_PAGE}`);
    kept = [...kept, ...entries].slice(-HISTORY_KEPT);
    after = entries.at(-1)?.seq ?? after;
    if (entries.length < HISTORY_PAGE) return kept;
  }
}
