// @ts-nocheck: replaces parts of Node that its types call fixed.
'use strict';
/*
 * Shifts what this process takes for the present by SANDBOX_CLOCK_OFFSET_MS, and further when its parent says
 * { advanceClockMs }. Timers and TLS keep the real clock.
 */
let offset = Number(process.env.SANDBOX_CLOCK_OFFSET_MS ?? 0);
if (Number.isFinite(offset)) {
  const RealDate = Date;
  const realNow = RealDate.now;
  const now = () => realNow() + offset;
  const ShiftedDate = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
  });
  RealDate.now = now;
  Object.defineProperty(RealDate.prototype, 'constructor', { value: ShiftedDate, writable: true, configurable: true });
  globalThis.Date = ShiftedDate;
  // OpenTelemetry takes a time before timeOrigin for one counted from timeOrigin: both must stand on one clock.
  const origin = performance.timeOrigin;
  Object.defineProperty(performance, 'timeOrigin', {
    get: () => origin + offset,
    configurable: true,
    enumerable: true,
  });
  if (process.channel) {
    process.on('message', (message) => {
      if (typeof message?.advanceClockMs === 'number' && message.advanceClockMs > 0) offset += message.advanceClockMs;
    });
    process.channel.unref();
  }
}
