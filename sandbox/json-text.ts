/** `JSON.rawJSON` of Node 22 and later, which the compiler's library does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON text in which integers beyond 2^53 keep every digit. */
export function printJson(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? rawJSON(one.toString()) : one));
}
