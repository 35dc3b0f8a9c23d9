/** A certificate authority that lives as long as one sandbox, and a leaf for its servers on loopback. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { TlsMaterial } from './types.ts';

const day = 86_400_000;

/**
 * Makes a CA and a leaf for `localhost`, `127.0.0.1` and `names`, and writes the CA to `ca.pem` in `directory`.
 *
 * `now` is the sandbox's clock: the child that must trust the leaf may run days or years away from the real one, so the
 * certificates are valid around both.
 */
export async function createTls(now: Date, directory: string, names: readonly string[] = []): Promise<TlsMaterial> {
  const instants = [now.getTime(), Date.now()];
  const options = {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Math.min(...instants) - day),
    notAfterDate: new Date(Math.max(...instants) + 30 * day),
  } as const;
  // A name of its own: who trusts several sandboxes could not tell authorities of one name apart.
  const ca = await generate([{ name: 'commonName', value: `fhirwatch sandbox ${randomUUID()}` }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...options,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          ...names.map((value) => ({ type: 2 as const, value })),
        ],
      },
    ],
  });
  const caFile = join(directory, 'ca.pem');
  await writeFile(caFile, ca.cert, { mode: 0o600 });
  return { key: leaf.private, cert: leaf.cert, ca: ca.cert, caFile };
}
