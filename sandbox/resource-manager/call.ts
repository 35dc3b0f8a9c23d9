import type { SandboxRequest } from '../http.ts';
import type { Estate } from '../types.ts';
import type { Inventory } from './inventory.ts';
import type { Target } from './target.ts';

/** One request that got past the gate: who asks, for what, of which estate. */
export interface Call {
  readonly request: SandboxRequest;
  readonly estate: Estate;
  readonly inventory: Inventory;
  readonly target: Target;
}
