import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const enoughBytes = 12 * 1024 * 1024;
const everyMs = 50;

/**
 * Stops V8's space for young objects from growing once it has a useful size: left alone it doubles up to 128 MiB as long
 * as a large estate keeps it busy, which makes nothing faster in a process that waits for Azure. Returns what ends the
 * watching.
 */
export function boundYoungSpace(): () => void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    if ((young?.space_size ?? 0) < enoughBytes) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(timer);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
