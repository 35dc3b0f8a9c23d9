// @ts-nocheck: replaces parts of Node that its types call fixed.
'use strict';
/* Ends this process when the one that started it is gone, however that one ended: their channel closes. */
if (process.channel) {
  process.channel.unref();
  process.on('disconnect', () => process.exit(1));
}
