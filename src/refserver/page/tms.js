// The page of the TMS: packages, groups, and roll-outs as they go.

import { $, act, call, make, setBackendClock } from './dom.js';
import { keepUpToDate, refresh } from './live.js';
import { showGroups, takeGroups } from './tms-groups.js';
import { showPackages, takePackages } from './tms-packages.js';
import { showRollouts } from './tms-rollouts.js';

/** The package that was just uploaded: whoever does that wants to roll it out. */
let wanted = null;

/** The choices of a select; what was chosen stays chosen as long as it is there. */
function offer(select, choices, none, value = select.value) {
  const options = choices.length > 0 ? choices : [{ value: '', text: none }];
  select.replaceChildren(...options.map((choice) => make('option', choice)));
  if (choices.some((choice) => choice.value === value)) select.value = value;
}

async function show() {
  const [{ packages, maxBytes }, { groups }, { deployments, nowMs }] = await Promise.all([
    call('GET', 'tms/packages'),
    call('GET', 'tms/groups'),
    call('GET', 'tms/deployments?limit=30'),
  ]);
  setBackendClock(nowMs);
  showPackages(packages, maxBytes);
  showGroups(groups);
  offer(
    $('start-package'),
    packages.map(({ sha256, name }) => ({ value: sha256, text: name })),
    'no package yet',
    wanted ?? undefined,
  );
  wanted = null;
  offer(
    $('start-group'),
    groups.map(({ name, devices }) => ({ value: name, text: `${name} (${devices.length})` })),
    'no group yet',
  );
  $('start-go').disabled = packages.length === 0 || groups.length === 0;
  await showRollouts(deployments);
}

$('start').addEventListener('submit', (event) => {
  event.preventDefault();
  const deadline = $('start-deadline').value;
  act('The roll-out has started.', () =>
    call('POST', 'tms/deployments', {
      package: $('start-package').value,
      group: $('start-group').value,
      batchSize: $('start-batch').valueAsNumber,
      pauseAfterFailures: $('start-failures').valueAsNumber,
      ...(deadline === '' ? {} : { deadline: Number(deadline) }),
      permitDowngrade: $('start-downgrade').checked,
    }),
  );
});
takePackages(({ sha256 }) => {
  wanted = sha256;
  void refresh(show);
});
takeGroups();
keepUpToDate({ tms: show });
