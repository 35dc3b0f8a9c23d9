/** node-dig-dns 0.3.4 is CommonJS and carries no types. With `raw` it resolves to what dig printed. */
declare module 'node-dig-dns' {
  export default function dig(
    args: readonly string[],
    options: { readonly raw: true; readonly dig?: string },
  ): Promise<unknown>;
}
