import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const enoughBytes = 12 * 1024 * 1024;
const everyMs = 50;

/**
 * Keeps the heap near what it holds. Left alone, V8 lets the space for young objects double up to 128 MiB, and the whole
 * grow to a multiple of what is alive before it cleans up, which makes nothing faster in a process that waits for Azure
 * most of its time. Returns what ends the watching.
 */
export function keepHeapSmall(): () => void {
  setFlagsFromString('--heap-growing-percent=25');
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    if ((young?.space_size ?? 0) < enoughBytes) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(timer);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
