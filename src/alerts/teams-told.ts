import type { Drift, Service } from '../model.ts';
import type { Element, Style } from './teams-elements.ts';

/** What the store holds of the alert's cause; `none` where the alert names no cause. */
export type CaseReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'known'; readonly drifts: readonly Drift[] }
  | { readonly kind: 'unreadable' };

/** A check as the card tells it. */
export interface Guide {
  readonly title: string;
  readonly why: string;
  command(service: Service): string;
}

export interface CardContext {
  readonly reading: CaseReading;
  guideOf(check: string): Guide | undefined;
  /** undefined: nobody is recorded */
  changedByOf(drift: Drift): string | undefined;
  /** the report on that service, or on all */
  reportUrlOf(service: Service | undefined): string | undefined;
  /** e.g. `https://portal.azure.com` */
  readonly portal: string;
}

/** Characters that a text may have on this card, of those that it usually may. */
export type Length = (usual: number) => number;

/** What a card says, before it is one. */
export interface Told {
  /** in words, so that nobody needs to see the colour */
  readonly headline: string;
  readonly style: Style;
  readonly title: string;
  readonly text: string;
  readonly rest: readonly Element[];
  readonly service?: Service | undefined;
}
