/** Azure Storage on loopback: Azurite as a child process that keeps everything in memory. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface RunningAzurite {
  /** what `AzureWebJobsStorage` holds */
  readonly connectionString: string;
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  close(): Promise<void>;
}

/** the one account of Azurite; its key is published with the emulator and opens nothing else */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const SERVICES = ['Blob', 'Queue', 'Table'] as const;
const PARENT_GUARD = fileURLToPath(new URL('./preload/parent-guard.cjs', import.meta.url));

/** Starts blob, queue and table on free ports; fails if they do not listen within `timeoutMs`. */
export async function startAzurite(timeoutMs = 30_000): Promise<RunningAzurite> {
  const script = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  const ports = SERVICES.flatMap((service) => [`--${service.toLowerCase()}Port`, '0']);
  // The SDKs are newer than the api-versions that Azurite knows: without the flag it refuses them.
  const flags = ['--inMemoryPersistence', '--silent', '--skipApiVersionCheck', '--disableTelemetry'];
  const child = spawn(process.execPath, ['--require', PARENT_GUARD, script, ...flags, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    const urls = await listening(child, timeoutMs);
    const url = (service: (typeof SERVICES)[number]) => `${urls.get(service)}/${ACCOUNT}`;
    const [blobUrl, queueUrl, tableUrl] = [url('Blob'), url('Queue'), url('Table')];
    return { connectionString: connectionString(blobUrl, queueUrl, tableUrl), blobUrl, queueUrl, tableUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of that one account, wherever it is reached. */
export function connectionString(blobUrl: string, queueUrl: string, tableUrl: string): string {
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${ACCOUNT}`,
    `AccountKey=${KEY}`,
    `BlobEndpoint=${blobUrl}`,
    `QueueEndpoint=${queueUrl}`,
    `TableEndpoint=${tableUrl}`,
    '',
  ].join(';');
}

/** the address of each service, once all three say that they listen */
function listening(child: ReturnType<typeof spawn>, timeoutMs: number): Promise<ReadonlyMap<string, string>> {
  return new Promise((resolve, reject) => {
    const urls = new Map<string, string>();
    let output = '';
    const timer = setTimeout(
      () => reject(new Error(`Azurite did not start within ${timeoutMs} ms: ${output}`)),
      timeoutMs,
    );
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      for (const [, service = '', url = ''] of output.matchAll(
        /Azurite (\w+) service is successfully listening at (\S+)\n/g,
      )) {
        urls.set(service, url);
      }
      if (urls.size < SERVICES.length) return;
      clearTimeout(timer);
      resolve(urls);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`Azurite ended with ${code} before it listened: ${output}`));
    });
  });
}
