import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationFault, Fault } from '../../domain/fault.ts';
import { parseJson } from '../../domain/json.ts';
import type { ClipId } from '../../domain/speech/clips.ts';
import type { Language } from '../../domain/speech/language.ts';
import { MANIFEST_FILE, type PackManifest, readManifest, SAMPLE_RATE } from '../../domain/speech/pack.ts';
import { isInside, programPath, readFileAt } from '../../program-files.ts';
import { readWav, type Sound } from './wav.ts';

/** The packs that come with tilld, a folder for each language. */
export const BUILT_IN_PACKS = programPath('assets/voice');

const MANIFEST_BYTES_MOST = 64 * 1024;
const CLIP_BYTES_MOST = 1024 * 1024;
/** Decoded clips that are kept for the next time; two minutes of speech. A pack that has more is read again. */
const KEPT_BYTES_MOST = 4 * 1024 * 1024;

const REMEDY = 'Install the pack again; `tilld voice check` lists everything that is wrong with it.';

/** The bytes of a plain file of at most `most`, or a fault of the pack with this code. */
async function readPart(file: string, most: number, code: string): Promise<Uint8Array> {
  if (isInside(file)) return readFileAt(file);
  const refuse = (found: string, cause?: unknown): never => {
    throw new ConfigurationFault(`The voice pack's ${file} cannot be read`, { code, found, remedy: REMEDY, cause });
  };
  let handle: FileHandle;
  try {
    // A link may lead anywhere, and a pipe would be waited for.
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return refuse((error as NodeJS.ErrnoException).code ?? String(error), error);
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return refuse('no plain file');
    if (stat.size > most) return refuse(`${stat.size} bytes, more than ${most}`);
    const bytes = new Uint8Array(stat.size);
    const { bytesRead } = await handle.read(bytes, 0, stat.size, 0);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof Fault) throw error;
    return refuse((error as NodeJS.ErrnoException).code ?? String(error), error);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a pack's manifest.
 * @throws ConfigurationFault `voice-pack-missing` when there is none, `voice-pack-manifest` when it is not usable
 */
export async function readPackManifest(directory: string): Promise<PackManifest> {
  const file = join(directory, MANIFEST_FILE);
  const bytes = await readPart(file, MANIFEST_BYTES_MOST, 'voice-pack-missing');
  try {
    return readManifest(parseJson(bytes, MANIFEST_BYTES_MOST));
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    throw new ConfigurationFault(`The voice pack's ${file} is not usable`, {
      code: 'voice-pack-manifest',
      found: cause.explain(),
      remedy: REMEDY,
      cause,
    });
  }
}

/** Reads one file of a pack. @throws ConfigurationFault `voice-pack-clip` when it cannot be read, `voice-pack-wav` when it is damaged */
export async function readClip(directory: string, file: string): Promise<Sound> {
  const path = join(directory, file);
  return readWav(await readPart(path, CLIP_BYTES_MOST, 'voice-pack-clip'), path);
}

/** A directory of recorded clips that are read when they are first used. */
export class VoicePack {
  readonly manifest: PackManifest;
  readonly #directory: string;
  readonly #kept = new Map<ClipId, Int16Array>();
  #keptBytes = 0;

  private constructor(directory: string, manifest: PackManifest) {
    this.#directory = directory;
    this.manifest = manifest;
  }

  /**
   * Reads the manifest only. A pack may lack clips: what is said with them is then not said in words.
   * @throws ConfigurationFault `voice-pack-missing`, `voice-pack-manifest`, `voice-pack-language`, `voice-pack-sample-rate`
   */
  static async open(directory: string, language: Language): Promise<VoicePack> {
    const manifest = await readPackManifest(directory);
    if (manifest.language !== language) {
      throw new ConfigurationFault(`The voice pack in ${directory} speaks another language`, {
        code: 'voice-pack-language',
        found: manifest.language,
        expected: language,
      });
    }
    if (manifest.sampleRate !== SAMPLE_RATE) throw wrongRate(directory, manifest.sampleRate);
    return new VoicePack(directory, manifest);
  }

  /** The samples of a clip. @throws ConfigurationFault `voice-pack-clip`, `voice-pack-wav`, `voice-pack-sample-rate` */
  async clip(id: ClipId): Promise<Int16Array> {
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const file = this.manifest.clips.get(id);
    if (file === undefined) {
      throw new ConfigurationFault(`The voice pack in ${this.#directory} lacks a clip`, {
        code: 'voice-pack-clip',
        expected: id,
        remedy: REMEDY,
      });
    }
    const { sampleRate, samples } = await readClip(this.#directory, file);
    if (sampleRate !== SAMPLE_RATE) throw wrongRate(join(this.#directory, file), sampleRate);
    if (this.#keptBytes + samples.byteLength <= KEPT_BYTES_MOST) {
      this.#kept.set(id, samples);
      this.#keptBytes += samples.byteLength;
    }
    return samples;
  }
}

const wrongRate = (where: string, rate: number): ConfigurationFault =>
  new ConfigurationFault(`${where} has another sample rate`, {
    code: 'voice-pack-sample-rate',
    found: String(rate),
    expected: String(SAMPLE_RATE),
    remedy: 'Convert the recordings.',
  });

/** Directories that hold a folder for each language, the best first: always the same, or as they are now. */
export type PackPlaces = readonly string[] | ((language: Language) => Promise<readonly string[]>);

/**
 * The pack of a language: the folder named after it in the first of these directories that has a usable one; null when
 * none has. A pack that is there and not usable is told.
 */
export async function findPack(
  directories: readonly string[],
  language: Language,
  onFault: (fault: ConfigurationFault) => void,
): Promise<VoicePack | null> {
  for (const directory of directories) {
    try {
      return await VoicePack.open(join(directory, language), language);
    } catch (error) {
      if (!(error instanceof ConfigurationFault)) throw error;
      if (!(error.code === 'voice-pack-missing' && error.found === 'ENOENT')) onFault(error);
    }
  }
  return null;
}
