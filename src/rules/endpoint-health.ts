import type { EndpointConnection, Failure, PrivateEndpoint, PrivateEndpoints } from '../model.ts';
import { describeReading, type Reading, readEnum } from './reading.ts';
import { sameId, subscriptionOf } from './resource-id.ts';

/** Whether a private endpoint connection works. Both sides must agree on it (HF 1.6). */

/** The provider knows the first three; `Disconnected` is the consumer's word for a connection the provider removed. */
export const CONNECTION_STATES = ['Approved', 'Pending', 'Rejected', 'Disconnected'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** What either side's `provisioningState` may say; only two of them spoil an approval. */
const PROVISIONING_STATES = [
  'Succeeded',
  'Creating',
  'Updating',
  'Accepted',
  'Canceled',
  'Failed',
  'Deleting',
] as const;

export interface ConnectionHealth {
  readonly connection: EndpointConnection;
  /** the provider's side */
  readonly state: Reading<ConnectionState>;
  /** its endpoint is not there, in a scope that can be read */
  readonly gone: boolean;
  /** what spoils an approval, each a phrase for a reader */
  readonly spoiltBy: readonly string[];
  /** why it cannot be told whether the approval is good, each a phrase for a reader */
  readonly doubts: readonly string[];
  /** the endpoint could not be read: it may be in order */
  readonly unreadable?: Failure;
  /** `maybe`: what was read neither shows nor excludes a good approval */
  readonly use: 'usable' | 'maybe' | 'none';
  /** the endpoint's own document, where it was read */
  readonly endpoint?: PrivateEndpoint;
}

export function connectionHealth(connection: EndpointConnection, ownerId: string): ConnectionHealth {
  const state = readEnum(connection.status, CONNECTION_STATES);
  const gathered = connection.endpoint;
  const endpoint = gathered?.ok ? gathered.value : undefined;
  const failure = gathered === undefined || gathered.ok ? undefined : gathered;
  const gone = failure?.reason === 'not-found';
  const spoiltBy: string[] = [];
  const doubts: string[] = [];

  const weigh = (field: string, value: unknown): void => {
    const reading = readEnum(value, PROVISIONING_STATES);
    const phrase = `${field} is ${describeReading(reading)}`;
    if (reading.is === 'outside') doubts.push(phrase);
    if (reading.is === 'value' && (reading.value === 'Failed' || reading.value === 'Deleting')) spoiltBy.push(phrase);
  };
  weigh("the connection's provisioningState", connection.provisioningState);
  if (endpoint) weigh("the endpoint's provisioningState", endpoint.provisioningState);
  if (endpoint) weighConsumerSide(endpoint, ownerId, { spoiltBy, doubts, weigh });
  if (state.is === 'absent' || state.is === 'null') doubts.push(`the connection's status is ${state.is}`);
  if (connection.endpointId === undefined) {
    if (!gone) doubts.push('the connection names no endpoint');
  } else if (subscriptionOf(connection.endpointId) === undefined) {
    doubts.push("its endpoint's id names no subscription");
  } else if (gathered === undefined) doubts.push('its endpoint was not asked for');

  const unreadable: { unreadable?: Failure } =
    failure && !gone ? { unreadable: { reason: failure.reason, detail: failure.detail } } : {};
  const stateless = state.is === 'absent' || state.is === 'null';
  const approved = isApproved({ state }) && !gone && spoiltBy.length === 0;
  const certain = approved && doubts.length === 0 && unreadable.unreadable === undefined;
  const use = certain ? 'usable' : approved || stateless ? 'maybe' : 'none';
  return { connection, state, gone, spoiltBy, doubts, ...unreadable, use, ...(endpoint ? { endpoint } : {}) };
}

/** The endpoint's own document must call its connection to this resource Approved. */
function weighConsumerSide(
  endpoint: PrivateEndpoint,
  ownerId: string,
  { spoiltBy, doubts, weigh }: { spoiltBy: string[]; doubts: string[]; weigh(field: string, value: unknown): void },
): void {
  const own = endpoint.connections.filter(({ serviceId }) => serviceId !== undefined && sameId(serviceId, ownerId));
  if (own.length === 0) {
    const unnamed = endpoint.connections.some(({ serviceId }) => serviceId === undefined);
    if (unnamed) doubts.push("the endpoint's own document does not say which resource it connects to");
    else spoiltBy.push("the endpoint's own document names no connection to this resource");
  }
  for (const { status, provisioningState } of own) {
    weigh("the provisioningState of the endpoint's own connection", provisioningState);
    const reading = readEnum(status, CONNECTION_STATES);
    const phrase = `the endpoint's own document says ${describeReading(reading)}`;
    if (reading.is === 'absent' || reading.is === 'null') doubts.push(phrase);
    else if (reading.is === 'outside' || reading.value !== 'Approved') spoiltBy.push(phrase);
  }
}

/** What the provider's side says; whether it holds is another matter. */
export function isApproved({ state }: Pick<ConnectionHealth, 'state'>): boolean {
  return state.is === 'value' && state.value === 'Approved';
}

export function connectionsHealth(endpoints: PrivateEndpoints): readonly ConnectionHealth[] {
  return endpoints.connections.map((connection) => connectionHealth(connection, endpoints.ownerId));
}

/** The endpoints over which traffic can flow: approved on both sides, existing, read. */
export function usableEndpointsOf(endpoints: PrivateEndpoints): readonly PrivateEndpoint[] {
  return connectionsHealth(endpoints).flatMap(({ use, endpoint }) => (use === 'usable' && endpoint ? [endpoint] : []));
}
