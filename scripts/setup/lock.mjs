import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

const PAUSE_MS = 100;
/** No set-up takes so long: a lock as old as this is left over, and its owner's number belongs to somebody else by now. */
const LEFT_OVER_MS = 15 * 60_000;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH';
  }
}

/**
 * @param {string} file
 * @returns {{ owner: string, isOld: boolean } | undefined} undefined if the file went away meanwhile
 */
function readIfThere(file) {
  try {
    return { owner: readFileSync(file, 'utf8'), isOld: Date.now() - statSync(file).mtimeMs > LEFT_OVER_MS };
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The lock file holds the owner's process id and appears with its content in one step (a hard link), so no reader sees
 * it half written.
 *
 * @param {string} file
 * @param {string} owner
 */
function tryLock(file, owner) {
  const draft = `${file}.${owner}`;
  writeFileSync(draft, owner);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Runs the work while no other process holds the lock. A lock whose owner died is taken over.
 *
 * @template T
 * @param {string} file
 * @param {() => T | Promise<T>} work
 * @param {() => void} [onWait] called once if another process is at work
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait) {
  const owner = String(process.pid);
  let waited = false;
  while (!tryLock(file, owner)) {
    const holder = readIfThere(file);
    if (holder === undefined) continue;
    if (holder.isOld || !isAlive(Number(holder.owner))) {
      // moved aside, not deleted: if somebody else took the lock over in between, its lock is put back
      const aside = `${file}.dead-${owner}`;
      try {
        renameSync(file, aside);
        if (readIfThere(aside)?.owner !== holder.owner) linkSync(aside, file);
        rmSync(aside, { force: true });
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
      }
      continue;
    }
    if (!waited) onWait?.();
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
