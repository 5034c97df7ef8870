/**
 * Where sound goes: mono, 16 bits, 16,000 samples a second. It has one writer, who waits for each call before the next.
 * What fails is told as a DeviceFault, and the next write tries anew: `speaker-gone` when the device went away (what
 * was written may be half heard), `speaker-stalled` when it takes nothing, `speaker-closed` after close.
 */
export interface PcmSink {
  /** Plays samples right behind those written before; resolves when they are taken, and the array may be used again. */
  write(pcm: Int16Array): Promise<void>;
  /** Resolves when everything written has been heard. */
  flush(): Promise<void>;
  /** Silence at once: what has not been heard is dropped, and a call under way ends, with DeviceFault `speech-stopped` if it lost something. */
  cancel(): void;
  /** Silence, and the device let go; what collects sound keeps it. */
  close(): Promise<void>;
}
