// Old-fashioned syntax on purpose: an outdated Node must get as far as the sentence that tells it so.

/** The Node that starts the scripts, and the npm that installs packages. */
export const MINIMUM_NODE = 20;
export const MINIMUM_NPM = 10;
/** The Node that runs them: it executes TypeScript without a build. */
export const RUNTIME_NODE = 24;

/**
 * @param {string} version
 * @returns {number} NaN for what is no version
 */
export function majorOf(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10);
}

/**
 * @param {string} version of the running Node
 * @returns {string | undefined} what to tell the person at the terminal, or undefined if all is well
 */
export function nodeProblem(version) {
  if (majorOf(version) >= MINIMUM_NODE) return undefined;
  return `fhirwatch needs Node ${MINIMUM_NODE} or newer to set itself up; this is Node ${version}. Install a current Node from https://nodejs.org and run the command again.`;
}

/**
 * @param {string} version of npm
 * @returns {string | undefined}
 */
export function npmProblem(version) {
  if (majorOf(version) >= MINIMUM_NPM) return undefined;
  return `fhirwatch needs npm ${MINIMUM_NPM} or newer to install its packages; this is npm ${version}. Run "npm install --global npm@latest" (or install a current Node, which brings one) and run the command again.`;
}

/**
 * @param {string | undefined} userAgent npm's `npm_config_user_agent`, e.g. `npm/10.8.2 node/v20.20.2 linux x64`
 * @returns {string | undefined}
 */
export function npmVersionIn(userAgent) {
  const match = /(?:^|\s)npm\/(\S+)/.exec(userAgent || '');
  return match ? match[1] : undefined;
}
