import { PeerFault } from '../fault.ts';

/** A package that is not installed, made or believed: its maker must mend it. `code` is the reason a TMS is told. */
export class OtaFault extends PeerFault {}
