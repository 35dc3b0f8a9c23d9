/** A decimal number: digits × 10^-scale, without trailing zeros, so that equal numbers have equal parts. */
export class Decimal {
  readonly digits: bigint;
  readonly scale: number;

  constructor(digits: bigint, scale: number) {
    let d = digits;
    let s = scale;
    while (s > 0 && d % 10n === 0n) {
      d /= 10n;
      s--;
    }
    this.digits = d;
    this.scale = s;
  }

  toString(): string {
    const text = (this.digits < 0n ? -this.digits : this.digits).toString().padStart(this.scale + 1, '0');
    const sign = this.digits < 0n ? '-' : '';
    if (this.scale === 0) return sign + text;
    return `${sign}${text.slice(0, -this.scale)}.${text.slice(-this.scale)}`;
  }

  toNumber(): number {
    return Number(this.toString());
  }
}

const DIVISION_DIGITS = 28;

export function parseDecimal(text: string): Decimal | null {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return null;
  const power = Number(exponent);
  if (Math.abs(power) > 400) return null;
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
  const scale = fraction.length - power;
  return scale < 0 ? new Decimal(digits * 10n ** BigInt(-scale), 0) : new Decimal(digits, scale);
}

export function decimalOf(value: number | bigint): Decimal | null {
  if (typeof value === 'bigint') return new Decimal(value, 0);
  return Number.isFinite(value) ? parseDecimal(String(value)) : null;
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale), scale];
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b);
  return new Decimal(x + y, scale);
}

export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b);
  return new Decimal(x - y, scale);
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return new Decimal(a.digits * b.digits, a.scale + b.scale);
}

export function divideDecimals(a: Decimal, b: Decimal): Decimal | null {
  if (b.digits === 0n) return null;
  const [x, y] = aligned(a, b);
  return new Decimal((x * 10n ** BigInt(DIVISION_DIGITS)) / y, DIVISION_DIGITS);
}

/** The rest of a division, never negative. */
export function moduloDecimals(a: Decimal, b: Decimal): Decimal | null {
  if (b.digits === 0n) return null;
  const [x, y, scale] = aligned(a, b);
  const rest = x % y;
  return new Decimal(rest < 0n ? rest + (y < 0n ? -y : y) : rest, scale);
}
