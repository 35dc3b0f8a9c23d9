/** When rows can be queried: a while after the ingestion service took them (functions facts 4.4). */
import type { Tables } from '../data-plane/log-tables.ts';

/** Seconds from arrival until a row can be queried; each row takes some time between the two. */
export interface IngestionDelay {
  readonly least: number;
  readonly most: number;
}

/** The rows that can be queried at a time. A row without a time of arrival arrived when it says it was made. */
export function visibleAt(tables: Tables, at: Date, delay: IngestionDelay): Tables {
  return new Map(
    [...tables].map(([name, table]) => {
      const placeOf = (column: string): number => table.columns.findIndex((one) => one.name === column);
      const [received, generated] = [placeOf('_TimeReceived'), placeOf('TimeGenerated')];
      const rows = table.rows.filter((row) => {
        const arrived = Date.parse(String(row[received] ?? row[generated]));
        return Number.isNaN(arrived) || arrived + delayOf(arrived, delay) * 1000 <= at.getTime();
      });
      return [name, { ...table, rows }];
    }),
  );
}

/** Spread over the range, the same for the same second of arrival. */
function delayOf(arrived: number, { least, most }: IngestionDelay): number {
  return least + ((Math.floor(arrived / 1000) * 7919) % (most - least + 1));
}
