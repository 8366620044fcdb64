/**
 * CLIP's byte-pair encoding.
 *
 * Source: Radford et al. 2021, arXiv 2103.00020; open_clip, `tokenizer.py`; Sennrich et al. 2016, arXiv 1508.07909.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { cleanText } from "./clean_text.ts";

/** Merges that the vocabulary uses, of those in the file. */
const mergesUsed = 48894;
/** Ends a word. */
const wordEnd = "</w>";
/** Longest words are cut into tokens piece by piece. */
const longestWord = 1024;
/** Words whose tokens are kept. */
const mostKept = 20_000;
/** The file is 3 MB; nothing larger is unpacked. */
const largestFile = 64 * 2 ** 20;

/** Words that are taken as they are: contractions, letters, single digits, and runs of anything else. */
const words =
  /<start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

/** Every byte as a character that can be seen, so that merges can be written as text. */
function byteCharacters(): string[] {
  const seen = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(seen(byte) ? byte : next++));
}

/** What tokens there are, and which pairs become one, first to last. */
export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** By the two parts with a blank between them. */
  readonly ranks: ReadonlyMap<string, number>;
  readonly startId: number;
  readonly endId: number;
}

/** The vocabulary of a list of merges, a line each behind a first line of its own. */
export function vocabularyOf(text: string): Vocabulary | null {
  const merges = text.split("\n").slice(1, mergesUsed + 1).map((line) => line.trim());
  if (merges.length < mergesUsed || !merges.every((line) => /^\S+ \S+$/.test(line))) return null;
  const bytes = byteCharacters();
  // those that can be seen first, as the published ids have it
  const order = [
    ...bytes.filter((c) => c.codePointAt(0)! < 256),
    ...bytes.filter((c) => c.codePointAt(0)! >= 256),
  ];
  const tokens = [
    ...order,
    ...order.map((c) => c + wordEnd),
    ...merges.map((line) => line.replace(" ", "")),
    "<start_of_text>",
    "<end_of_text>",
  ];
  return {
    ids: new Map(tokens.map((token, id) => [token, id])),
    ranks: new Map(merges.map((line, rank) => [line, rank])),
    startId: tokens.length - 2,
    endId: tokens.length - 1,
  };
}

/**
 * Reads a vocabulary.
 *
 * @param path `bpe_simple_vocab_16e6.txt.gz`
 * @throws {RsembedError} `corrupt` where the file is something else
 */
export async function readVocabulary(path: string): Promise<Vocabulary> {
  const refuse = (cause?: unknown) =>
    new RsembedError(
      "corrupt",
      `Cannot read the vocabulary "${path}": it is no gzipped list of ${mergesUsed} merges`,
      { facts: { source: path }, cause },
    );
  const file = await open(path);
  let text: string;
  try {
    if ((await file.stat()).size > largestFile) throw refuse();
    const bytes = await promisify(gunzip)(await file.readFile(), { maxOutputLength: largestFile });
    text = bytes.toString("utf8");
  } catch (cause) {
    throw cause instanceof RsembedError ? cause : refuse(cause);
  } finally {
    await file.close();
  }
  const vocabulary = vocabularyOf(text);
  if (vocabulary === null) throw refuse();
  return vocabulary;
}

/** Merges the pair of lowest rank, again and again, until none is left. */
function mergePairs(parts: string[], ranks: Vocabulary["ranks"]): string[] {
  for (;;) {
    let [best, at] = [Infinity, -1];
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
      if (rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return parts;
    const [left, right] = [parts[at]!, parts[at + 1]!];
    const merged: string[] = [];
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] === left && parts[i + 1] === right) {
        merged.push(left + right);
        i++;
      } else merged.push(parts[i]!);
    }
    parts = merged;
  }
}

/** A text as tokens. */
export interface Tokens {
  /** Start, words, end: at most as many as were asked for, the end kept. */
  readonly ids: readonly number[];
  /** How many there were before the cut. */
  readonly count: number;
}

/** Turns texts into tokens, at most `contextLength` of them. */
export function tokenizerOf(
  vocabulary: Vocabulary,
  contextLength: number,
): (text: string) => Tokens {
  const bytes = byteCharacters();
  const known = new Map<string, readonly number[]>();
  const encoder = new TextEncoder();
  const { ids, ranks, startId, endId } = vocabulary;

  const tokensOf = (word: string): readonly number[] => {
    const special = word === "<start_of_text>" || word === "<end_of_text>";
    if (special) return [ids.get(word)!];
    const parts = Array.from(encoder.encode(word), (byte) => bytes[byte]!);
    const found: number[] = [];
    for (let start = 0; start < parts.length; start += longestWord) {
      const piece = parts.slice(start, start + longestWord);
      if (start + longestWord >= parts.length) piece.push(piece.pop()! + wordEnd);
      for (const token of mergePairs(piece, ranks)) found.push(ids.get(token)!);
    }
    return found;
  };

  return (text) => {
    const all: number[] = [startId];
    for (const [word] of cleanText(text).matchAll(words)) {
      let found = known.get(word);
      if (found === undefined) {
        found = tokensOf(word);
        if (known.size < mostKept) known.set(word, found);
      }
      for (const id of found) all.push(id);
    }
    all.push(endId);
    const cut = all.length > contextLength;
    return { ids: cut ? [...all.slice(0, contextLength - 1), endId] : all, count: all.length };
  };
}
