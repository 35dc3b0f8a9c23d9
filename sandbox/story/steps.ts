/** One step of the story: what is said, and what must come true for the story to go on. */
export interface Narrator {
  /** a heading of the story */
  step(number: number, title: string): void;
  /** what was seen, indented */
  say(text: string): void;
}

export function narrator(write: (text: string) => void): Narrator {
  return {
    step: (number, title) => write(`\n(${number}) ${title}\n\n`),
    say: (text) => write(`${text.replace(/^(?=.)/gm, '    ')}\n`),
  };
}

/** A step that did not come out as told: the story ends with exit code 1. */
export class StoryBroken extends Error {
  override readonly name = 'StoryBroken';
}

export function must(condition: boolean, told: string): asserts condition {
  if (!condition) throw new StoryBroken(`this step did not come out as told: ${told}`);
}
