import type { PathOutcome } from '../../model.ts';
import { CallError } from '../azure/failure.ts';
import { isObject, parseJson } from '../azure/json.ts';
import type { Answer } from './attempt.ts';

/** What an answer of a FHIR or DICOM service says, reduced to the few values that a verdict rests on. */

/** A capability statement is a dozen levels deep. */
const DEPTH = 64;

type Answered = Extract<PathOutcome, { readonly is: 'answered' }>;

export function readAnswered({ status, headers, body, certificateEnds }: Answer): Answered {
  const text = body ?? '';
  const statement = status === 200 ? readStatement(text) : undefined;
  const redirectHost = status >= 300 && status < 400 ? hostOf(headers.location) : undefined;
  return {
    is: 'answered',
    status,
    edgeDenied: status === 403 && /\bAccess to .{0,300} was denied/i.test(text),
    html: /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype\s+)?html\b/i.test(text),
    capabilityStatement: statement !== undefined,
    ...(statement?.fhirVersion === undefined ? {} : { fhirVersion: statement.fhirVersion }),
    ...(redirectHost === undefined ? {} : { redirectHost }),
    ...(certificateEnds === undefined ? {} : { certificateEnds }),
  };
}

function readStatement(text: string): { readonly fhirVersion?: string } | undefined {
  const value = readJson(text);
  if (!isObject(value) || value.resourceType !== 'CapabilityStatement') return undefined;
  const { fhirVersion } = value;
  const isVersion = typeof fhirVersion === 'string' && /^\d{1,3}(\.\d{1,3}){1,3}(-[\w.]{1,20})?$/.test(fhirVersion);
  return isVersion ? { fhirVersion } : {};
}

/** What is not JSON is no capability statement. Readers may skip a byte order mark before it (RFC 8259, 8.1). */
function readJson(text: string): unknown {
  try {
    return parseJson(text.replace(/^\uFEFF/, ''), DEPTH);
  } catch (error) {
    if (error instanceof CallError) return undefined;
    throw error;
  }
}

function hostOf(location: string | undefined): string {
  const url = URL.parse(location ?? '');
  return url === null ? 'another path of the same host' : url.host;
}
