import type { Language } from '../domain/speech/language.ts';

/*
 * Readers of spoken numbers: from the words of a language back to the integer, or null where the words are not how it is
 * said. They are written from the grammars, and share nothing with the code that speaks.
 */

type Reader = (text: string) => number | null;

const oneOf = (words: readonly string[]): string => words.join('|');
const sum = (parts: readonly (number | null)[]): number | null =>
  parts.reduce<number | null>((total, part) => (total === null || part === null ? null : total + part), 0);
const times = (n: number | null, value: number): number | null => (n === null ? null : n * value);

const THAI = ['ศูนย์', 'หนึ่ง', 'สอง', 'สาม', 'สี่', 'ห้า', 'หก', 'เจ็ด', 'แปด', 'เก้า'];
const D = oneOf(THAI.slice(1));
const THAI_GROUP = new RegExp(`^(?:(${D})แสน)?(?:(${D})หมื่น)?(?:(${D})พัน)?(?:(${D})ร้อย)?(?:(ยี่|${oneOf(THAI.slice(3))})?(สิบ))?(${D}|เอ็ด)?$`);

function readThai(text: string): number | null {
  if (text === THAI[0]) return 0;
  const at = text.lastIndexOf('ล้าน');
  if (at === 0 || text === '') return null;
  if (at < 0) return thaiGroup(text, false);
  return sum([times(readThai(text.slice(0, at)), 1e6), thaiGroup(text.slice(at + 'ล้าน'.length), true)]);
}

function thaiGroup(text: string, after: boolean): number | null {
  const [whole, ...parts] = THAI_GROUP.exec(text) ?? [];
  if (whole === undefined) return null;
  const [saen, muen, phan, roi, tens, sip, ones] = parts;
  const higher = after || parts.slice(0, 6).some((part) => part !== undefined);
  if (ones === (higher ? 'หนึ่ง' : 'เอ็ด')) return null;
  const digit = (word: string | undefined) => (word === 'ยี่' ? 2 : word === 'เอ็ด' ? 1 : Math.max(0, THAI.indexOf(word ?? '')));
  const ten = sip === undefined ? 0 : tens === undefined ? 1 : digit(tens);
  return digit(saen) * 1e5 + digit(muen) * 1e4 + digit(phan) * 1e3 + digit(roi) * 100 + ten * 10 + digit(ones);
}

const INDONESIAN = 'nol satu dua tiga empat lima enam tujuh delapan sembilan'.split(' ');

function readIndonesian(text: string): number | null {
  if (text === 'nol') return 0;
  const match = /^(?:(.+?) miliar ?)?(?:(.+?) juta ?)?(?:(?:(seribu)|(.+?) ribu)(?: |$))?(.+)?$/.exec(text);
  if (!match || text.endsWith(' ')) return null;
  const [, miliar, juta, seribu, ribu, rest] = match;
  const billions = miliar === 'seribu' ? 1_000 : indonesianGroup(miliar);
  const thousands = indonesianGroup(ribu);
  if (thousands === 1) return null;
  return sum([times(billions, 1e9), times(indonesianGroup(juta), 1e6), seribu ? 1_000 : times(thousands, 1e3), indonesianGroup(rest)]);
}

function indonesianGroup(text: string | undefined): number | null {
  if (text === undefined) return 0;
  const match = /^(?:(?:(seratus)|(\w+) ratus)(?: |$))?(?:(sepuluh)|(sebelas)|(\w+) belas|(?:(\w+) puluh(?: |$))?(\w+)?)$/.exec(text);
  if (!match) return null;
  const [, seratus, ratus, sepuluh, sebelas, belas, puluh, ones] = match;
  const digit = (word: string | undefined, least: number) => {
    const value = INDONESIAN.indexOf(word ?? 'nol');
    return word === undefined ? 0 : value >= least ? value : null;
  };
  const below = sepuluh ? 10 : sebelas ? 11 : belas ? sum([10, digit(belas, 2)]) : sum([times(digit(puluh, 2), 10), digit(ones, 1)]);
  return sum([seratus ? 100 : times(digit(ratus, 2), 100), below]);
}

const VIETNAMESE = ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'];
const V = oneOf(VIETNAMESE.slice(1));
const VIETNAMESE_GROUP = new RegExp(
  `^(?:(không|${V}) trăm(?: |$))?(?:lẻ (${V})|(mười)(?: (lăm|${V}))?|(${V}) mươi(?: (mốt|lăm|${V}))?|(${V}))?$`,
);

function readVietnamese(text: string): number | null {
  if (text === 'không') return 0;
  if (text === 'một nghìn tỷ') return 1e12;
  const parts = /^(?:(.+?) tỷ(?: |$))?(?:(.+?) triệu(?: |$))?(?:(.+?) nghìn(?: |$))?(.+)?$/.exec(text)?.slice(1) ?? [];
  const first = parts.findIndex((part) => part !== undefined);
  if (first < 0 || text.endsWith(' ')) return null;
  return sum(parts.map((part, i) => (part === undefined ? 0 : times(vietnameseGroup(part, i > first), 1_000 ** (3 - i)))));
}

function vietnameseGroup(text: string, after: boolean): number | null {
  const [whole, hundreds, single, muoi, teenOnes, tens, ones, alone] = VIETNAMESE_GROUP.exec(text) ?? [];
  if (whole === undefined || whole.endsWith(' ')) return null;
  const said = hundreds !== undefined;
  if (after !== (after && said) || (hundreds === 'không' && !after)) return null;
  if ((single !== undefined && !said) || (alone !== undefined && said)) return null;
  if (teenOnes === 'năm' || ones === 'năm' || ones === 'một' || tens === 'một') return null;
  const digit = (word: string | undefined) => (word === 'mốt' ? 1 : word === 'lăm' ? 5 : Math.max(0, VIETNAMESE.indexOf(word ?? '')));
  return digit(hundreds) * 100 + (muoi ? 1 : digit(tens)) * 10 + [single, teenOnes, ones, alone].reduce((n, word) => n + digit(word), 0);
}

const TEENS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const ENGLISH = new Map(TEENS.split(' ').map((word, n) => [word, n]));
'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ').forEach((word, n) => void ENGLISH.set(word, 20 + 10 * n));
const ENGLISH_UNITS = new Map(Object.entries({ thousand: 1e3, million: 1e6, billion: 1e9 }));

/** Reads what is meant; the placing of "and" is not looked at. */
function readEnglish(text: string): number | null {
  let total = 0;
  let group = 0;
  for (const word of text.split(/[ -]/)) {
    const small = ENGLISH.get(word);
    const unit = ENGLISH_UNITS.get(word);
    if (small !== undefined) group += small;
    else if (word === 'hundred') group *= 100;
    else if (unit !== undefined) {
      total = unit === 1e9 ? (total + group) * unit : total + group * unit;
      group = 0;
    } else if (word !== 'and') return null;
  }
  return total + group;
}

const CHINESE = '零一二三四五六七八九';

function readChinese(text: string): number | null {
  if (text === '零') return 0;
  if (/^零|零零|零$|^一十|二[百千]|(?<!十|百零|千零)二[万亿]|十两|两(?![百千万亿])|[^零一二三四五六七八九两十百千万亿]/.test(text))
    return null;
  const value = chineseParts(text.startsWith('十') ? `一${text}` : text);
  return zeros(text) === gaps(value) ? value : null;
}

function chineseParts(text: string): number {
  for (const [unit, value] of [
    ['亿', 1e8],
    ['万', 1e4],
    ['千', 1e3],
    ['百', 100],
    ['十', 10],
  ] as const) {
    const at = text.lastIndexOf(unit);
    if (at >= 0) return chineseParts(text.slice(0, at)) * value + chineseParts(text.slice(at + 1));
  }
  const digit = text.replace('零', '').replace('两', '二');
  return digit === '' ? 0 : CHINESE.indexOf(digit);
}

const zeros = (text: string): number => text.split('零').length - 1;

/** How many runs of zeros lie between two digits, where zeros at the end of a group of four do not count, but a whole empty group does. */
function gaps(n: number): number {
  const groups = String(n).padStart(16, '0').match(/\d{4}/g) ?? [];
  const kept = groups.map((group) => (group === '0000' ? '0' : group.replace(/0+$/, ''))).join('');
  return kept.replace(/^0+|0+$/g, '').match(/0+/g)?.length ?? 0;
}

const READERS: Readonly<Record<Language, Reader>> = {
  th: readThai,
  id: readIndonesian,
  vi: readVietnamese,
  en: readEnglish,
  zh: readChinese,
};

/** The integer that the words of a number mean in a language; null when they are not a number said rightly. */
export const readNumber = (text: string, language: Language): number | null => READERS[language](text);
