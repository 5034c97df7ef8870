/** TLS material as PEM text, already read from wherever the configuration keeps it. */
export interface TlsSettings {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
  /** Client certificate and its key; both or neither. */
  readonly cert?: string;
  readonly key?: string;
}

/** An HTTP backend: `url` is its base, http or https, without a trailing slash. */
export interface HttpEndpoint extends TlsSettings {
  readonly url: string;
  /** Accept any server certificate. Logged as a standing warning. */
  readonly insecure?: boolean;
}

/** An MQTT broker: mqtt:// or mqtts://. */
export interface MqttEndpoint extends TlsSettings {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** A WebSocket server: ws:// or wss://. */
export interface WebSocketEndpoint extends TlsSettings {
  readonly url: string;
  /** Sent as a bearer token with every handshake. */
  readonly token?: string;
  /** Accept any server certificate. Logged as a standing warning. */
  readonly insecure?: boolean;
}
