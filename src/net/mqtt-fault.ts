import { PeerFault } from '../domain/fault.ts';
import { symptomOf } from './socket.ts';

interface Refusal {
  readonly code: string;
  readonly remedy?: string;
  readonly lasting: boolean;
}

/** Why there is no link. `lasting`: the broker or its certificate is wrong, and retries are slow until someone changes something. */
export class MqttFault extends PeerFault {
  readonly lasting: boolean;

  constructor(message: string, detail: Refusal & { readonly cause?: unknown }) {
    super(message, detail);
    this.lasting = detail.lasting;
  }
}

const AUTH = { code: 'mqtt-auth-refused', remedy: 'Check mqtt.username and mqtt.password.', lasting: true };

/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3). */
const REFUSALS: Readonly<Record<number, Refusal & { readonly message: string }>> = {
  1: { message: 'The broker does not speak MQTT 3.1.1', code: 'mqtt-refused', lasting: true },
  2: { message: 'The broker refused the client id', code: 'mqtt-refused', lasting: true },
  3: { message: 'The broker is not available', code: 'mqtt-unavailable', lasting: false },
  4: { message: 'The broker refused user name or password', ...AUTH },
  5: { message: 'The broker does not let this box in', ...AUTH },
};

/** What an error of the socket or of the client library means. */
export function mqttFault(error: unknown): MqttFault {
  if (error instanceof MqttFault) return error;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const refusal = typeof code === 'number' ? REFUSALS[code] : undefined;
  if (refusal !== undefined) return new MqttFault(refusal.message, { ...refusal, cause: error });
  if (error instanceof Error && error.message === 'Keepalive timeout') {
    return new MqttFault('The broker fell silent', { code: 'mqtt-silent', lasting: false, cause: error });
  }
  const symptom = symptomOf(error);
  if (typeof code === 'string') return new MqttFault(symptom.message, { ...symptom, cause: error });
  return new MqttFault('The broker broke the protocol', { code: 'mqtt-protocol', lasting: false, cause: error });
}
