/** A stranger's text for a message: on one line, cut to 80 characters, with nothing in it that could steer a terminal. */
export const quoted = (text: string): string => JSON.stringify(text.slice(0, 80)).replace(/\p{C}/gu, '\u{fffd}');
