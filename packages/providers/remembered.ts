/**
 * Answers of functions, kept.
 *
 * @module
 */

/** Gives the answer of a key, made by `make` unless it is remembered. */
export type Remembered<T> = (key: string, make: () => T) => T;

/**
 * A memory of answers; the least recently used is forgotten first. Answers are shared: nobody may change them.
 *
 * @param most Answers that are kept
 */
export function remembered<T>(most: number): Remembered<T> {
  // the order of a map is that of insertion: the oldest first
  const answers = new Map<string, T>();
  return (key, make) => {
    const known = answers.get(key);
    const answer = known === undefined ? make() : known;
    if (known !== undefined) answers.delete(key);
    answers.set(key, answer);
    if (answers.size > most) answers.delete(answers.keys().next().value!);
    return answer;
  };
}
