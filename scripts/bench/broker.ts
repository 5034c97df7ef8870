// A bare broker in a process of its own, so that neither side of a measurement shares its event loop.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker();
// A confirmation right behind a SUBACK would wait 40 ms for the box's delayed acknowledgement of it.
const server = createServer({ noDelay: true }, broker.handle);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
