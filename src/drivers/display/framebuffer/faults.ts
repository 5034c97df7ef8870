import { DisplayFault } from '../display-fault.ts';

const CONSOLE =
  'Where a console draws over the pictures, unbind it (`echo 0 > /sys/class/vtconsole/vtcon1/bind`) and boot with vt.global_cursor_default=0.';

/** Why a framebuffer's device could not be opened. */
export function notOpened(path: string, cause: NodeJS.ErrnoException): DisplayFault {
  const found = cause.code ?? cause.message;
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new DisplayFault(`${path} may not be written to`, {
      code: 'display-forbidden',
      found,
      remedy: `Let the user of tilld be in the group of ${path}, on Debian \`video\`. ${CONSOLE}`,
      cause,
    });
  }
  return new DisplayFault(`${path} cannot be opened`, {
    code: cause.code === 'ENOENT' ? 'display-missing' : 'display-failed',
    found,
    remedy: `Look under /sys/class/graphics which framebuffers there are; it is tried again. ${CONSOLE}`,
    cause,
  });
}

/** Why a framebuffer that was open took no picture. */
export const gone = (device: string, cause: NodeJS.ErrnoException): DisplayFault =>
  new DisplayFault(`The framebuffer ${device} takes no picture`, {
    code: 'display-failed',
    found: cause.code ?? cause.message,
    remedy: `It is opened again. ${CONSOLE}`,
    cause,
  });
