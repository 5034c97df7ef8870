import type { VirtualMachine } from './virtual-machine.ts';

/** Of one sound card with two ends: what is played at the one is recorded at the other. */
const [PLAYED, RECORDED] = ['hw:Loopback,0,0', 'hw:Loopback,1,0'];
const SAMPLE_FORMAT = '-t raw -f S16_LE -r 16000 -c 1';
const PLAY_MS = 60_000;

/** Runs a command of the guest that plays to the device it is given, and returns what the kernel's sound card carried. */
export async function recorded(machine: VirtualMachine, play: (device: string) => string): Promise<Int16Array> {
  await machine.run('modprobe snd-aloop');
  const recording = `arecord -q -D ${RECORDED} ${SAMPLE_FORMAT} /tmp/heard.raw & recorder=$!`;
  const { code, printed } = await machine.run(
    `${recording}; ${play(PLAYED)}; said=$?; sleep 1; kill -INT $recorder; wait $recorder; [ $said = 0 ]`,
    PLAY_MS,
  );
  if (code !== 0) throw new Error(`nothing was played: ${printed}`);
  const { printed: text } = await machine.run('base64 -w 0 /tmp/heard.raw; rm /tmp/heard.raw; echo');
  const bytes = Buffer.from(text.trim(), 'base64');
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
}
