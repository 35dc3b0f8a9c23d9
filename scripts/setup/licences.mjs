import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folder of the package that a bundled file comes from, or undefined for the project's own.
 *
 * @param {string} input e.g. `node_modules/@azure/identity/dist/esm/index.js`
 */
export function packageFolderOf(input) {
  const parts = input.split('/');
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) return undefined;
  const scoped = parts[at + 1]?.startsWith('@');
  return parts.slice(0, at + (scoped ? 3 : 2)).join('/');
}

/**
 * The licences of all packages of which something was bundled, as their authors wrote them: most ask to be kept.
 *
 * @param {string} root
 * @param {Iterable<string>} inputs the bundled files, relative to the root
 */
export function thirdPartyNotices(root, inputs) {
  const folders = new Set([...inputs].map(packageFolderOf).filter((folder) => folder !== undefined));
  const notices = [...folders].sort().map((folder) => {
    const at = join(root, folder);
    const manifest = join(at, 'package.json');
    /** @type {{ name?: string, version?: string, license?: unknown }} */
    const {
      name = folder,
      version = '',
      license = 'see below',
    } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
    const texts = readdirSync(at, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .filter((file) => /^(licen[cs]e|notice|thirdpartynotices?)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(at, file), 'utf8').trim());
    return [`${name} ${version} (${String(license)})`, ...texts].join('\n\n');
  });
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return `The bundles in this folder contain code of these packages.${rule}${notices.join(rule)}\n`;
}
