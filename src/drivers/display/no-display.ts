import type { DisplayTarget } from '../../ports/display.ts';

/** No display: every screen has been shown at once, to nobody. */
export const noDisplay = (): DisplayTarget => ({ start: () => {}, show: () => {}, stop: async () => {}, picture: () => null });
