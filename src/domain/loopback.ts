/** Whether only this machine can be reached by the host name or address (IPv6 with or without brackets). */
export const isLoopback = (host: string): boolean => /^(?:localhost|\[?::1\]?|127(?:\.\d{1,3}){3})$/.test(host);
