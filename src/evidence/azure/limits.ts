/** How long and how much one call to Azure may take. Times in milliseconds, sizes in bytes. */
export interface Limits {
  /** tries of one request, the first included */
  readonly attempts: number;
  /** the same of one that is throttled: it is refused for others' sake, and its turn comes */
  readonly throttledAttempts: number;
  /** one try, from connecting to the last byte */
  readonly attemptMs: number;
  /** one request with its token and all its tries; of a listing, one page */
  readonly callMs: number;
  /** one token request; one that hangs is repeated once */
  readonly tokenMs: number;
  /** a `Retry-After` beyond this ends the call at once */
  readonly retryAfterMs: number;
  /** all waiting between the tries of one request together */
  readonly waitMs: number;
  /** the first back-off; each further one doubles, up to five times the first */
  readonly backOffMs: number;
  /** a page's body after decompression */
  readonly pageBytes: number;
  readonly pages: number;
  /** nesting of a JSON document */
  readonly depth: number;
}

/** Three dependent reads of a workspace that hangs (owner, endpoint, zone groups) end within the 120 s of a scan. */
export const defaultLimits: Limits = {
  attempts: 4,
  throttledAttempts: 12,
  attemptMs: 8_000,
  callMs: 24_000,
  tokenMs: 9_000,
  retryAfterMs: 10_000,
  waitMs: 16_000,
  backOffMs: 400,
  pageBytes: 8 * 1024 * 1024,
  pages: 500,
  depth: 64,
};
