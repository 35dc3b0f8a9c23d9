/** For files that share a process: what one of them leaves changed would decide about the next. */
import { getCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect } from 'vitest';

const look = () => ({
  environment: { ...process.env },
  // whoever sets them back drops repeated ones and writes them with other line ends
  trusted: new Set(getCACertificates('default').map((text) => text.replaceAll(/\s/g, ''))).size,
  fetch: globalThis.fetch,
  Date: globalThis.Date,
});
let found: ReturnType<typeof look>;

beforeAll(() => {
  found = look();
});
// registered before a file's own, hence run after them
afterAll(() => expect(look()).toEqual(found));
