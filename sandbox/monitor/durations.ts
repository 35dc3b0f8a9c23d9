/** ISO 8601 durations as Azure writes them. */

const form = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Seconds, or undefined for what is no duration of days, hours, minutes and seconds. */
export function seconds(duration: string): number | undefined {
  const match = form.exec(duration);
  if (match === null || duration.endsWith('T') || duration === 'P') return undefined;
  const [days = 0, hours = 0, minutes = 0, rest = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + rest;
}

/** e.g. `P2D`, `PT1H30M`. */
export function isoDuration(total: number): string {
  const days = Math.floor(total / 86_400);
  const parts = [
    [Math.floor(total / 3600) % 24, 'H'],
    [Math.floor(total / 60) % 60, 'M'],
    [total % 60, 'S'],
  ] as const;
  const time = parts.flatMap(([count, unit]) => (count > 0 ? [`${count}${unit}`] : [])).join('');
  return `P${days > 0 ? `${days}D` : ''}${time === '' ? '' : `T${time}`}` || 'PT0S';
}
