/** The languages a box speaks: Thai, Indonesian, Vietnamese, English and Mandarin Chinese, by their ISO 639-1 codes. */
export const LANGUAGES = ['th', 'id', 'vi', 'en', 'zh'] as const;

export type Language = (typeof LANGUAGES)[number];
