import type { Node } from './syntax.ts';

export function checkDialect(_block: Node): void {}
