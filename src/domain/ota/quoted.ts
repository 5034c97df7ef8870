import { excerpt } from '../card-data.ts';

/** A stranger's text for a message: on one line, cut to 80 characters, without card data and without what could steer a terminal. */
export const quoted = (text: string): string => JSON.stringify(excerpt(text, 80)).replace(/\p{C}/gu, '\u{fffd}');
