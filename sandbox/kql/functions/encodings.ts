import { gunzipSync, inflateSync } from 'node:zlib';
import { toGuid, toText } from '../convert.ts';
import type { Value } from '../values.ts';
import { alias, type Library, simple } from './define.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a base64 text; null where it is not base64. */
function bytesOf(text: string): Buffer | null {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : null;
}

/** A text of valid UTF-8; null otherwise. */
function utf8(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  const text = Buffer.from(bytes).toString('utf8');
  return text.includes('\ufffd') ? null : text;
}

function inflated(text: string, inflate: (bytes: Buffer) => Buffer): string | null {
  const bytes = bytesOf(text);
  if (bytes === null) return null;
  try {
    return utf8(inflate(bytes));
  } catch {
    // Bytes that are not compressed data have no text, which is Kusto's answer too.
    return null;
  }
}

/** A guid's bytes: the first three groups are little-endian. */
function swapGuid(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.subarray(0, 4).reverse();
  copy.subarray(4, 6).reverse();
  copy.subarray(6, 8).reverse();
  return copy;
}

function guidOf(text: string): string | null {
  const bytes = bytesOf(text);
  return bytes === null || bytes.length !== 16 ? null : toGuid(swapGuid(bytes).toString('hex'));
}

function base64OfGuid(value: Value): string | null {
  const guid = toGuid(value);
  return guid === null ? null : swapGuid(Buffer.from(guid.replaceAll('-', ''), 'hex')).toString('base64');
}

/** Percent-encoding with lower-case digits; what `kept` names stays as it is. */
function percentEncode(text: string, kept: RegExp): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return byte < 128 && kept.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Broken escapes are left as they are.
    return text;
  }
}

/** The text of code points, alone or in arrays; null where one of them is none. */
function characters(...values: Value[]): string | null {
  const codes = values
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .map((value) => Number(toText(value, 'dynamic') || Number.NaN));
  const isCode = (code: number) => Number.isInteger(code) && code >= 0 && code <= 0x10ffff;
  return codes.every(isCode) ? String.fromCodePoint(...codes) : null;
}

export const encodingFunctions: Library = {
  ...alias(
    ['base64_encode_tostring', 'base64_encodestring'],
    simple('s', (text: string) => Buffer.from(text).toString('base64')),
  ),
  ...alias(
    ['base64_decode_tostring', 'base64_decodestring'],
    simple('s', (text: string) => utf8(bytesOf(text))),
  ),
  base64_decode_toarray: simple('s', (text: string) => {
    const bytes = bytesOf(text);
    return bytes === null ? null : [...bytes];
  }),
  base64_encode_fromarray: simple('d', (bytes: Value) =>
    Array.isArray(bytes) ? Buffer.from(bytes.map(Number)).toString('base64') : null,
  ),
  base64_decode_toguid: simple('s', guidOf),
  base64_encode_fromguid: simple('x', base64OfGuid),
  gzip_decompress_from_base64_string: simple('s', (text: string) => inflated(text, gunzipSync)),
  zlib_decompress_from_base64_string: simple('s', (text: string) => inflated(text, inflateSync)),
  url_encode: simple('s', (text: string) => percentEncode(text, /[\w.~()!*-]/).replaceAll('%20', '+')),
  url_encode_component: simple('s', (text: string) => percentEncode(text, /[\w.~-]/)),
  url_decode: simple('s', decode),
  ...alias(['unicode_codepoints_to_string', 'make_string'], simple('x*', characters)),
};
