import { createHash } from 'node:crypto';
import { toLong, toReal, toText } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { derived, type Expr } from '../scope.ts';
import { long, modulo, type Value } from '../values.ts';
import { alias, type Library, type Maker } from './define.ts';

const MASK = 0xffff_ffff_ffff_ffffn;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const rotate = (value: bigint, by: bigint) => ((value << by) | (value >> (64n - by))) & MASK;
const times = (a: bigint, b: bigint) => (a * b) & MASK;
const round = (acc: bigint, lane: bigint) => times(rotate((acc + times(lane, P2)) & MASK, 31n), P1);

/** xxHash64 with seed 0, as a signed long. */
export function xxHash64(bytes: Buffer): bigint {
  let at = 0;
  let hash: bigint;
  if (bytes.length >= 32) {
    const lanes = [(P1 + P2) & MASK, P2, 0n, -P1 & MASK] as [bigint, bigint, bigint, bigint];
    for (; at <= bytes.length - 32; at += 32) {
      for (const index of [0, 1, 2, 3] as const)
        lanes[index] = round(lanes[index], bytes.readBigUInt64LE(at + 8 * index));
    }
    const [a, b, c, d] = lanes;
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK;
    for (const lane of lanes) hash = (times(hash ^ round(0n, lane), P1) + P4) & MASK;
  } else {
    hash = P5;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at <= bytes.length - 8; at += 8) {
    hash = (times(rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n), P1) + P4) & MASK;
  }
  if (at <= bytes.length - 4) {
    hash = (times(rotate(hash ^ times(BigInt(bytes.readUInt32LE(at)), P1), 23n), P2) + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++) hash = times(rotate(hash ^ times(BigInt(bytes[at] ?? 0), P5), 11n), P1);
  hash = times(hash ^ (hash >> 33n), P2);
  hash = times(hash ^ (hash >> 29n), P3);
  return BigInt.asIntN(64, hash ^ (hash >> 32n));
}

/** The bytes of a scalar as Kusto hashes it: texts as UTF-8, all else as its eight bytes. */
function bytesOf(value: Value, type: KqlType): Buffer {
  if (type === 'string' || type === 'dynamic' || type === 'guid' || type === 'decimal')
    return Buffer.from(toText(value, type));
  const bytes = Buffer.alloc(8);
  if (type === 'real') bytes.writeDoubleLE(toReal(value, type) ?? 0);
  else bytes.writeBigInt64LE(BigInt(toLong(value, type) ?? 0));
  return bytes;
}

const hash: Maker = (args, site) => {
  const [source, mod] = args as [Expr, Expr | undefined];
  return derived(site.type, args, (row) => {
    const value = long(xxHash64(bytesOf(source.run(row), source.type)));
    const by = mod === undefined ? null : toLong(mod.run(row), mod.type);
    return by === null ? value : modulo(long(BigInt.asUintN(63, BigInt(value))), by);
  });
};

const digest =
  (algorithm: string): Maker =>
  (args, site) => {
    const [source] = args as [Expr];
    return derived(site.type, args, (row) =>
      createHash(algorithm)
        .update(toText(source.run(row), source.type))
        .digest('hex'),
    );
  };

export const hashFunctions: Library = {
  ...alias(['hash', 'hash_xxhash64'], hash),
  hash_md5: digest('md5'),
  hash_sha1: digest('sha1'),
  hash_sha256: digest('sha256'),
};
