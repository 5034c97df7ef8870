/**
 * The parameters of a DS50 box, whatever form they were written in (integration guide, section 3.2). What a box does
 * with them is decided here once: ports are numbers, endpoints are complete urls.
 */
export interface Posparam {
  readonly mqtt: {
    /** `mqtts://host:port`, or `mqtt://` where the file names that scheme itself. */
    readonly url: string;
    readonly auth: { readonly kind: 'password'; readonly username: string; readonly password: string } | { readonly kind: 'certificate' };
    /** Prefixes of the box's own topics, 1 to 3, distinct, without a slash at the end; the topic is `prefix/SN`. */
    readonly topicPrefixes: readonly string[];
  };
  readonly payment: {
    /** `https://host:port` with any path the file gives it and no slash at the end; `http://` only where the file says so. */
    readonly url: string;
    readonly verifyTls: boolean;
    readonly apiKey: string;
    /** Last day on which the key is good, `YYYYMMDD`. */
    readonly apiKeyExpiry: string;
    readonly salePath: string;
    readonly detailsPath: string;
  };
}

/** One thing that is wrong with a file. Values of secret keys are described, never quoted. */
export interface PosparamProblem {
  /** `mqtt.mqtt_port`, or `mqtt_port` in the flat form. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

export type PosparamForm = 'nested' | 'flat';

export type PosparamReading =
  | {
      readonly ok: true;
      readonly form: PosparamForm;
      readonly posparam: Posparam;
      /** What is accepted and still worth a look: unknown keys, connections without TLS, a slash behind a topic. */
      readonly notices: readonly PosparamProblem[];
    }
  | { readonly ok: false; readonly problems: readonly PosparamProblem[] };

/** What a resource package brings for the links: parameters, and the certificates of its `key/`, as PEM. */
export interface BackendFiles {
  readonly posparam: Posparam;
  /** `key/ca.pem`: trusted instead of the system's. */
  readonly ca: string | null;
  /** `key/client.pem`: the box's certificate; its private key never travels in a package. */
  readonly clientCertificate: string | null;
}
