import { momentOf } from '../datetime.ts';
import { unsupported } from '../failure.ts';
import { type Long, TICKS_PER_DAY, TICKS_PER_SECOND } from '../values.ts';

const TOKEN = /(d+|f+|F+|h+|H+|m+|M+|s+|t+|y+)|([\s\S])/g;

const ELEMENTS = /^(?:dd?|f{1,7}|F{1,7}|hh?|HH?|mm?|MM?|ss?|tt|yy?|yyyy)$/;
const SPAN_ELEMENTS = /^(?:d{1,8}|f{1,7}|F{1,7}|hh?|HH?|mm?|ss?)$/;

/** The format with each element replaced; what is no element is kept, but no other letter than the T and Z of ISO times. */
function formatted(format: string, elements: RegExp, replace: (token: string) => string): string {
  return format.replace(TOKEN, (text: string, token?: string) => {
    if (token === undefined ? /[A-SU-Ya-z%]/.test(text) : !elements.test(token)) {
      throw unsupported(`the format element ${text} (in ${format})`);
    }
    return token === undefined ? text : replace(token);
  });
}

/** The first digits of the ticks within a second; with `F` trailing zeros are left out. */
function fraction(ticks: number, token: string): string {
  const digits = String(ticks).padStart(7, '0').slice(0, token.length);
  return token.startsWith('F') ? digits.replace(/0+$/, '') : digits;
}

const padded = (value: number, token: string) => String(value).padStart(token.length, '0');

/** A datetime by a format of y, M, d, h, H, m, s, f, F and tt. */
export function formatDatetime(time: Long, format: string): string {
  const { year, month, day, hour, minute, second, ticks } = momentOf(time);
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  return formatted(format, ELEMENTS, (token) => {
    switch (token.charAt(0)) {
      case 'y':
        return token.length <= 2 ? padded(year % 100, token) : padded(year, token);
      case 'M':
        return padded(month, token);
      case 'd':
        return padded(day, token);
      case 'H':
        return padded(hour, token);
      case 'h':
        return padded(twelve, token);
      case 'm':
        return padded(minute, token);
      case 's':
        return padded(second, token);
      case 't':
        return hour < 12 ? 'AM' : 'PM';
      default:
        return fraction(ticks, token);
    }
  });
}

/** A timespan by a format of d, h, H, m, s, f and F. */
export function formatTimespan(span: Long, format: string): string {
  const big = BigInt(span);
  const size = big < 0n ? -big : big;
  const days = Number(size / BigInt(TICKS_PER_DAY));
  const within = Number(size % BigInt(TICKS_PER_DAY));
  const seconds = Math.floor(within / TICKS_PER_SECOND);
  const text = formatted(format, SPAN_ELEMENTS, (token) => {
    switch (token.charAt(0)) {
      case 'd':
        return padded(days, token);
      case 'h':
      case 'H':
        return padded(Math.floor(seconds / 3600), token);
      case 'm':
        return padded(Math.floor(seconds / 60) % 60, token);
      case 's':
        return padded(seconds % 60, token);
      default:
        return fraction(within % TICKS_PER_SECOND, token);
    }
  });
  return big < 0n ? `-${text}` : text;
}
