import { DeviceFault } from '../../domain/fault.ts';

/** What a sound ends with that was stopped before it was over. */
export const speechStopped = (): DeviceFault => new DeviceFault('Speech was stopped before it was over', { code: 'speech-stopped' });

/** What a sink says after it was closed. */
export const speakerClosed = (): DeviceFault => new DeviceFault('The loudspeaker is closed', { code: 'speaker-closed' });
