import * as z from 'zod';
import { catalogueIds } from '../../src/checks/ids.ts';
import { policySchema } from '../../src/policy/schema.ts';
import { optInIds } from '../../src/policy.ts';

/** The JSON Schema of `fhirwatch.yaml`, for editors: completion, descriptions, and most of what the reader refuses. */
export async function policySchemaFile(): Promise<string> {
  const schema = policySchema({ checkIds: catalogueIds, optInIds, now: new Date(0) });
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }), null, 2)}\n`;
}
