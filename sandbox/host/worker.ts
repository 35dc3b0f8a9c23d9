/**
 * What the Functions worker offers to `@azure/functions`: it asks for the virtual module `@azure/functions-core`,
 * registers through it, and builds its own context from the plain one given here.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire, Module } from 'node:module';

/** one of string, json, bytes, http, int, double */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: unknown;
}

export interface Binding {
  readonly type: string;
  readonly direction: 'in' | 'out';
  readonly [key: string]: unknown;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: unknown;
}

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: Callback;
}

export interface InvocationResponse {
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
  readonly returnValue?: TypedData | null;
}

export type Log = (level: string, category: string, message: string) => void;
type Callback = (...args: readonly unknown[]) => unknown;

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

interface ProgrammingModel {
  getInvocationModel(core: object): InvocationModel | Promise<InvocationModel>;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export interface Worker {
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  /** loads the bundle; what it registers afterwards is refused, as Azure refuses it */
  load(bundle: string): Promise<void>;
  invoke(
    name: string,
    inputs: readonly { readonly name: string; readonly data: TypedData }[],
    triggerMetadata?: Readonly<Record<string, TypedData>>,
  ): Promise<InvocationResponse>;
  terminate(): Promise<void>;
}

/** Makes the worker and puts it in the place where `@azure/functions` looks for it: call before anything loads that. */
export function createWorker(root: string, log: Log): Worker {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, readonly Callback[]>();
  const appHookData = {};
  let model: ProgrammingModel | undefined;
  let loaded = false;

  class Disposable {
    readonly dispose: () => void;
    constructor(dispose: () => void) {
      this.dispose = dispose;
    }
  }
  const api = {
    version: '3.13.0',
    hostVersion: '4.1042.0',
    Disposable,
    setProgrammingModel: (given: ProgrammingModel) => {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction: (metadata: FunctionMetadata, callback: Callback) => {
      if (loaded) throw new Error('A function can only be registered during app startup.');
      const key = metadata.name.toLowerCase();
      if ([...functions.keys()].some((name) => name.toLowerCase() === key)) {
        throw new Error(`A function with name "${metadata.name}" has already been registered.`);
      }
      functions.set(metadata.name, { metadata, callback });
      return new Disposable(() => functions.delete(metadata.name));
    },
    registerHook: (name: string, callback: Callback) => {
      hooks.set(name, [...(hooks.get(name) ?? []), callback]);
      return new Disposable(() =>
        hooks.set(
          name,
          (hooks.get(name) ?? []).filter((one) => one !== callback),
        ),
      );
    },
    log,
  };
  intercept(api);
  const runHooks = async (name: string, context: object) => {
    for (const hook of hooks.get(name) ?? []) await hook(context);
  };

  return {
    functions,
    load: async (bundle) => {
      createRequire(bundle)(bundle);
      if (model === undefined) throw new Error(`No job functions found: '${bundle}' does not use @azure/functions.`);
      const capabilities = await model.getCapabilities({});
      if ('HttpUri' in capabilities) throw new Error('This host does not serve HTTP streams (enableHttpStream).');
      await runHooks('appStart', { hookData: {}, appHookData, functionAppDirectory: root });
      loaded = true;
    },
    invoke: async (name, inputs, triggerMetadata) => {
      const registered = functions.get(name);
      if (registered === undefined || model === undefined) throw new Error(`There is no function '${name}'.`);
      const core = coreContext(registered.metadata, inputs, triggerMetadata, log);
      const invocation = await model.getInvocationModel(core);
      const { context, inputs: given } = await invocation.getArguments();
      const base = { hookData: {}, appHookData, invocationContext: context };
      const before = { ...base, inputs: given, functionCallback: registered.callback };
      await runHooks('preInvocation', before);
      core.state = 'invocation';
      const outcome = await settle(() => invocation.invokeFunction(context, before.inputs, before.functionCallback));
      const after = { ...base, inputs: before.inputs, ...outcome };
      core.state = 'postInvocationHooks';
      await runHooks('postInvocation', after);
      if (after.error !== null && after.error !== undefined) throw after.error;
      return invocation.getResponse(context, after.result);
    },
    terminate: () => runHooks('appTerminate', { hookData: {}, appHookData }),
  };
}

/** what the hooks after an invocation may look at and change */
async function settle(work: () => Promise<unknown>): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await work(), error: null };
  } catch (error) {
    return { result: null, error };
  }
}

function coreContext(
  metadata: FunctionMetadata,
  inputData: readonly unknown[],
  triggerMetadata: Readonly<Record<string, TypedData>> | undefined,
  log: Log,
) {
  const invocationId = randomUUID();
  const traceParent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  const traceContext = { traceParent, traceState: '', attributes: {} };
  return {
    invocationId,
    metadata,
    state: 'preInvocationHooks',
    request: { invocationId, functionId: metadata.name, inputData, triggerMetadata, traceContext },
    log: (level: string, category: string, message: string) =>
      log(level, `Function.${metadata.name}${category === 'user' ? '.User' : ''}`, message),
  };
}

/** `_load` is what the real worker replaces, too; no public hook sees a `require` inside a bundle on every Node. */
function intercept(api: object): void {
  const loader = Module as unknown as { _load: (request: string, ...rest: readonly unknown[]) => unknown };
  const original = loader._load;
  loader._load = function load(request, ...rest) {
    return request === '@azure/functions-core' ? api : original.call(this, request, ...rest);
  };
}
