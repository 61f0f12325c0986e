/** Numbers on the command line, and what is said of those that are none. */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(from: number) {
  return (text: string): number => {
    const number = Number(text);
    if (text.trim() === '' || !Number.isInteger(number) || number < from)
      throw new InvalidArgumentError(`It must be a whole number from ${from} on.`);
    return number;
  };
}

export const count = wholeNumber(1);

export function seconds(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}

/** Several, with commas between them. */
export const listOf =
  (read: (text: string) => number) =>
  (text: string): number[] =>
    text.split(',').map(read);
