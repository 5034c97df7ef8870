import type { JsonValue } from '../json.ts';
import { asInteger, asObject, asOneOf, asPattern, asText, MessageFault } from '../json-fields.ts';
import type { ClipId } from './clips.ts';
import { LANGUAGES, type Language } from './language.ts';

const SCHEMA = 'tilld.voice/1';
/** The file in a pack's directory that says what the others are. */
export const MANIFEST_FILE = 'manifest.json';
/** Samples a second of all speech. */
export const SAMPLE_RATE = 16_000;

const CLIPS_MOST = 500;
const CLIP_ID = /^[a-z0-9](?:-?[a-z0-9]){0,63}$/;
// No separators and no dot in front: a file of the pack's own directory.
const FILE = /^[a-z0-9][a-z0-9_-]{0,63}\.wav$/;

/** A directory of recorded clips in one language. */
export interface PackManifest {
  readonly language: Language;
  /** Samples a second of its files, 8,000 to 48,000. */
  readonly sampleRate: number;
  /** The file of each clip, in the pack's directory. */
  readonly clips: ReadonlyMap<ClipId, string>;
  /** Who speaks: a person, or a synthesiser with its version and voice. */
  readonly source: string;
}

/** Reads a manifest. @throws MessageFault with the place */
export function readManifest(value: JsonValue): PackManifest {
  const { schema, language, sampleRate, clips, source } = asObject(value, '');
  asOneOf(schema, 'schema', [SCHEMA]);
  const files = Object.entries(asObject(clips, 'clips'));
  if (files.length > CLIPS_MOST) throw new MessageFault('clips', files.length, `at most ${CLIPS_MOST} clips`);
  return {
    language: asOneOf(language, 'language', LANGUAGES),
    sampleRate: asInteger(sampleRate, 'sampleRate', 8_000, 48_000),
    clips: new Map(
      files.map(([id, file]) => [
        asPattern(id, 'clips', CLIP_ID, 'clip names of small letters, digits and single hyphens'),
        asPattern(file, `clips.${id}`, FILE, 'a file name of small letters, digits, hyphens and underscores that ends in .wav'),
      ]),
    ),
    source: asText(source, 'source', 200),
  };
}

/** The text of a manifest: one line for each clip, in their order. */
export function manifestText({ language, sampleRate, clips, source }: PackManifest): string {
  return `${JSON.stringify({ schema: SCHEMA, language, sampleRate, source, clips: Object.fromEntries(clips) }, null, 2)}\n`;
}

/** Something about a pack that its owner has to mend; `about` is a clip, a file or a field. */
export interface PackProblem {
  readonly code: 'clip-missing' | 'clip-unknown' | 'clip-damaged' | 'clip-silent' | 'file-unused' | 'sample-rate';
  readonly about: string;
  readonly detail: string;
}

/** What a manifest lacks, or has too much, against the clips its language needs. */
export function checkPack(
  manifest: PackManifest,
  wanted: readonly { readonly id: ClipId; readonly text: string }[],
): readonly PackProblem[] {
  const known = new Set(wanted.map(({ id }) => id));
  const problems: PackProblem[] = [];
  if (manifest.sampleRate !== SAMPLE_RATE) {
    problems.push({ code: 'sample-rate', about: 'sampleRate', detail: `${manifest.sampleRate} a second, not ${SAMPLE_RATE}` });
  }
  for (const { id, text } of wanted) {
    if (!manifest.clips.has(id))
      problems.push({ code: 'clip-missing', about: id, detail: text === '' ? 'no file' : `no file says "${text}"` });
  }
  for (const [id, file] of manifest.clips) {
    if (!known.has(id)) problems.push({ code: 'clip-unknown', about: id, detail: `nothing is said with ${file}` });
  }
  return problems;
}
