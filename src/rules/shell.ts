/** A value as one word of a POSIX shell: a command that a reader pastes runs nothing that a resource's name smuggled in. */
export function shellWord(value: string): string {
  return /^[\w./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
