// @ts-nocheck: replaces parts of Node that its types call fixed.
'use strict';
/* Refuses whatever would leave this machine: TCP, UDP and name resolution by other than loopback servers. */
const dgram = require('node:dgram');
const dns = require('node:dns');
const { syncBuiltinESMExports } = require('node:module');
const net = require('node:net');

const isLoopback = (host) =>
  host === undefined ||
  host === null ||
  host === '' ||
  /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(host);

function refusal(what) {
  return Object.assign(new Error(`egress blocked: ${what}`), { code: 'ECONNREFUSED', syscall: 'connect' });
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guardedConnect(...args) {
  // Node's own callers pass their arguments as one normalised array.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const options =
    typeof first === 'object' && first !== null ? first : { host: typeof second === 'string' ? second : undefined };
  const isPipe = options.path !== undefined && options.path !== null;
  if (isPipe || (typeof first === 'string' && Number.isNaN(Number(first))) || isLoopback(options.host)) {
    return connect.apply(this, args);
  }
  process.nextTick(() => this.destroy(refusal(`${options.host}:${options.port}`)));
  return this;
};

const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function guardedSend(...args) {
  const address = args.slice(1).find((arg) => typeof arg === 'string');
  if (isLoopback(address)) return send.apply(this, args);
  const callback = args.at(-1);
  const error = refusal(`udp ${address}`);
  if (typeof callback === 'function') process.nextTick(callback, error);
  else process.nextTick(() => this.emit('error', error));
};
const connectDatagram = dgram.Socket.prototype.connect;
dgram.Socket.prototype.connect = function guardedDatagramConnect(port, address, callback) {
  if (isLoopback(typeof address === 'string' ? address : undefined))
    return connectDatagram.call(this, port, address, callback);
  throw refusal(`udp ${address}`);
};

const asksLoopback = (servers) =>
  servers.every((server) => isLoopback(server.replace(/^\[?([^\]]*?)\]?(:\d+)?$/, '$1')));
const isQuery = (name) => /^(resolve|reverse)/.test(name);

/** Wraps the queries of `holder`, which go to the servers that `servers` tells. */
function guardQueries(holder, servers, promised) {
  for (const name of Object.getOwnPropertyNames(holder).filter(isQuery)) {
    const query = holder[name];
    if (typeof query !== 'function') continue;
    holder[name] = function guardedQuery(...args) {
      if (asksLoopback(servers(this))) return query.apply(this, args);
      const error = Object.assign(refusal(`dns ${args[0]}`), { syscall: 'query', hostname: args[0] });
      if (promised) return Promise.reject(error);
      process.nextTick(args.at(-1), error);
      return undefined;
    };
  }
}
guardQueries(dns, () => dns.getServers(), false);
guardQueries(dns.promises, () => dns.getServers(), true);
guardQueries(dns.Resolver.prototype, (resolver) => resolver.getServers(), false);
guardQueries(Object.getPrototypeOf(dns.Resolver.prototype), (resolver) => resolver.getServers(), false);
guardQueries(dns.promises.Resolver.prototype, (resolver) => resolver.getServers(), true);

const lookup = dns.lookup;
dns.lookup = function guardedLookup(hostname, ...rest) {
  if (isLoopback(hostname) || net.isIP(String(hostname)) !== 0) return lookup.call(this, hostname, ...rest);
  process.nextTick(rest.at(-1), Object.assign(refusal(`dns ${hostname}`), { syscall: 'getaddrinfo', hostname }));
  return {};
};
const lookupPromise = dns.promises.lookup;
dns.promises.lookup = async function guardedLookupPromise(hostname, ...rest) {
  if (isLoopback(hostname) || net.isIP(String(hostname)) !== 0) return lookupPromise.call(this, hostname, ...rest);
  throw Object.assign(refusal(`dns ${hostname}`), { syscall: 'getaddrinfo', hostname });
};
syncBuiltinESMExports();
