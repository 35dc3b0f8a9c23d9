import type { Gathered, Source } from '../../model.ts';
import { type Azure, failed, type RawAnswer } from './client.ts';
import { within } from './deadline.ts';
import { CallError } from './failure.ts';
import { parseJson } from './json.ts';
import { notePage, readPage } from './listing.ts';

/** The options that every listing of an SDK client takes. */
export interface ListingOptions {
  readonly abortSignal: AbortSignal;
  onResponse(answer: RawAnswer, flat: unknown, error?: unknown): void;
}

/** What a listing operation of an SDK client returns. */
export interface Listing {
  byPage(): AsyncIterableIterator<unknown>;
}

/**
 * All rows of a listing that an SDK client pages through. They are taken from the raw bodies: the SDK turns a page
 * without `value` into an empty one, which would look like nothing at all. An answer with one of `emptyCodes` as its
 * error code is an empty listing.
 */
export async function listPages(
  azure: Azure,
  what: string,
  signal: AbortSignal,
  start: (options: ListingOptions) => Promise<Listing>,
  emptyCodes: readonly string[] = [],
): Promise<Gathered<readonly unknown[]>> {
  const rows: unknown[] = [];
  const sources: Source[] = [];
  const seen = new Set<string>();
  const listing = new AbortController();
  const options: ListingOptions = {
    abortSignal: listing.signal,
    onResponse(answer, _flat, error) {
      if (error !== undefined) return;
      const page = readPage(parseJson(answer.bodyAsText ?? '', azure.limits.depth));
      for (const row of page.rows) rows.push(row);
      sources.push(azure.sourceOf(answer));
      notePage(seen, answer.request.url, azure.limits);
    },
  };
  try {
    let pages: AsyncIterator<unknown> | undefined;
    for (let done = false; !done; ) {
      done = await within(azure.limits.callMs, signal, async (ended) => {
        ended.addEventListener('abort', () => listing.abort(), { once: true });
        pages ??= (await start(options)).byPage();
        return (await pages.next()).done === true;
      });
    }
    return { ok: true, value: rows, sources, direct: true };
  } catch (error) {
    const code = error instanceof CallError ? error.code : undefined;
    if (code === undefined || !emptyCodes.includes(code)) return failed(error, what, azure.now());
    return { ok: true, value: [], sources: [{ source: what, at: azure.now().toISOString() }], direct: true };
  }
}
