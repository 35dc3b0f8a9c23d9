// @ts-nocheck: replaces parts of Node that its types call fixed.
'use strict';
/*
 * Shifts what this process takes for the present by SANDBOX_CLOCK_OFFSET_MS, and further when its parent says
 * { advanceClockMs }: then the clock that never goes back moves as well, so that whoever counts by it (Azure's limits in so
 * many seconds) sees the time pass. Timers and TLS keep the real clock.
 */
const offset = Number(process.env.SANDBOX_CLOCK_OFFSET_MS ?? 0);
if (Number.isFinite(offset)) {
  let advanced = 0;
  const RealDate = Date;
  const realNow = RealDate.now;
  const now = () => realNow() + offset + advanced;
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
  const elapsed = performance.now.bind(performance);
  performance.now = () => elapsed() + advanced;
  if (process.channel) {
    process.on('message', (message) => {
      if (typeof message?.advanceClockMs === 'number' && message.advanceClockMs > 0) advanced += message.advanceClockMs;
    });
    process.channel.unref();
  }
}
